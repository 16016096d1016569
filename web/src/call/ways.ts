/** By which ways a call may go now, in the words of an RTCConfiguration, and how that is asked for anew. */

export interface Paths {
  iceServers: RTCIceServer[];
  iceTransportPolicy: RTCIceTransportPolicy;
}

export interface WaysOptions {
  iceServers: RTCIceServer[];
  iceTransportPolicy?: RTCIceTransportPolicy;
  /** Ask the server by which ways the call may go now: at the start, and when TURN gives no candidate. */
  renew?(): Promise<Paths>;
}

export class Ways {
  readonly #ask: (() => Promise<Paths>) | undefined;
  #paths: Paths;
  /** Every second attempt to connect goes over the relay alone: a direct way that looks good may carry nothing. */
  #relayOnly = false;

  constructor({ iceServers, iceTransportPolicy = "all", renew }: WaysOptions) {
    this.#paths = { iceServers, iceTransportPolicy };
    this.#ask = renew;
  }

  get configuration(): Paths {
    return this.#relayOnly ? { ...this.#paths, iceTransportPolicy: "relay" } : this.#paths;
  }

  get hasTurn(): boolean {
    return this.#paths.iceServers.some((server) => [server.urls].flat().some((url) => url.startsWith("turn")));
  }

  /** TURN is set up, and the description in force names no relay candidate. */
  lacksRelay(pc: RTCPeerConnection): boolean {
    return this.hasTurn && !/ typ relay /.test(pc.localDescription?.sdp ?? "");
  }

  /** The last attempt came to nothing: the other way next. */
  alternate(): void {
    this.#relayOnly = this.hasTurn && !this.#relayOnly;
  }

  connected(): void {
    this.#relayOnly = false;
  }

  /** Take over what the server says now; true when other ways are open than before. Throws what asking threw. */
  async renew(): Promise<boolean> {
    const before = this.#paths.iceTransportPolicy;
    if (this.#ask) this.#paths = await this.#ask();
    return before !== this.#paths.iceTransportPolicy;
  }
}
