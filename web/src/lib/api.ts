/** Commands go up as HTTP requests: one wrapper that names the role, the idempotency key and the failure. */

export type Role = "patient" | "guest" | "provider" | "scheduler" | "admin";

/** RFC 9457 problem as the server writes it. */
interface ProblemBody {
  title?: string;
  status?: number;
  detail?: string;
  slug?: string;
  errors?: { pointer: string; detail: string }[];
}

/** A refused or failed request. `detail` is a sentence for a person; `slug` is stable; status 0 means nobody answered. */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    readonly status: number,
    readonly slug: string,
    readonly detail: string,
    readonly errors: readonly { pointer: string; detail: string }[] = [],
    readonly body: unknown = null,
  ) {
    super(`${status} ${slug}: ${detail}`);
  }

  /** Nobody answered: the network is away or the server is. */
  get offline(): boolean {
    return this.status === 0;
  }
}

export interface Options {
  /** Aborts the request and its retries. */
  signal?: AbortSignal;
  /** Reuse the key of an earlier try of the same command. */
  key?: string;
  /** Extra request headers. */
  headers?: Record<string, string>;
  /** Survives the page being closed (leaving a room on `pagehide`). */
  keepalive?: boolean;
}

const TRIES = 3;
const WORTH_ANOTHER_TRY = new Set([0, 502, 503, 504]);

/** 128 random bits as 22 base64url characters: ids and idempotency keys. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}

export class Api {
  /** `link`: the patient's page says for which of this browser's visits it speaks. */
  constructor(
    readonly role: Role,
    readonly link = "",
  ) {}

  get<T>(path: string, options: Options = {}): Promise<T> {
    return this.#persist<T>(path, { method: "GET" }, options);
  }

  /** Every command carries a key, so trying again after a lost answer cannot do the thing twice. */
  post<T>(path: string, body: unknown, options: Options = {}): Promise<T> {
    const init = { method: "POST", body: JSON.stringify(body) };
    const headers = { "content-type": "application/json", "idempotency-key": options.key ?? newId() };
    return this.#persist<T>(path, init, { ...options, headers: { ...headers, ...options.headers } });
  }

  /** The whole of a thing anew: sending it twice is the same as once, so no key is needed. */
  put<T>(path: string, body: unknown, options: Options = {}): Promise<T> {
    const headers = { "content-type": "application/json", ...options.headers };
    return this.#persist<T>(path, { method: "PUT", body: JSON.stringify(body) }, { ...options, headers });
  }

  delete<T = void>(path: string, options: Options = {}): Promise<T> {
    return this.#persist<T>(path, { method: "DELETE" }, options);
  }

  async #persist<T>(path: string, init: RequestInit, options: Options): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#once<T>(path, init, options);
      } catch (error) {
        const again = error instanceof Problem && WORTH_ANOTHER_TRY.has(error.status) && tries < TRIES;
        if (!again || options.signal?.aborted) throw error;
        await pause(Math.random() * 400 * 2 ** tries);
      }
    }
  }

  async #once<T>(path: string, init: RequestInit, options: Options): Promise<T> {
    const response = await fetch(path, {
      ...init,
      credentials: "same-origin",
      cache: "no-store",
      headers: {
        accept: "application/json",
        "x-careroom-role": this.role,
        ...(this.link ? { "x-careroom-link": this.link } : {}),
        ...options.headers,
      },
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.keepalive ? { keepalive: true } : {}),
    }).catch((error: unknown) => {
      if (options.signal?.aborted) throw error;
      throw new Problem(0, "offline", "");
    });
    if (!response.ok) throw await problemOf(response);
    if (response.status === 204) return undefined as T;
    const json = response.headers.get("content-type")?.includes("json");
    return (json ? await response.json() : await response.text()) as T;
  }
}

async function problemOf(response: Response): Promise<Problem> {
  const json = response.headers.get("content-type")?.includes("json");
  // A proxy's error page is not JSON; a body cut short is neither. The status alone then says what is known.
  const body = json ? ((await response.json().catch(() => ({}))) as ProblemBody) : {};
  return new Problem(response.status, body.slug ?? "unknown", body.detail ?? body.title ?? "", body.errors ?? [], body);
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
