/** The real server rules in a Python process: `tests/server/conversations/crp_bridge.py`. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { CrpError } from "../../src/crypto/bytes";
import type { Transport } from "../../src/crypto/conversation";

const root = fileURLToPath(new URL("../../..", import.meta.url));

export interface Answer extends Record<string, unknown> {
  status: number;
}

export class Bridge {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting: ((answer: Answer) => void)[] = [];
  #errors = "";

  constructor() {
    const python = process.env["CAREROOM_PYTHON"] ?? `${root}.venv/bin/python`;
    this.#process = spawn(python, ["-m", "tests.server.conversations.crp_bridge"], { cwd: root });
    this.#process.stderr.on("data", (text: Buffer) => (this.#errors += text.toString()));
    createInterface({ input: this.#process.stdout }).on("line", (line) => this.#waiting.shift()?.(JSON.parse(line) as Answer));
    this.#process.on("exit", () => this.#waiting.splice(0).forEach((done) => done({ status: 500, detail: this.#errors })));
  }

  async ask(act: string, data: Record<string, unknown> = {}): Promise<Answer> {
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.push(resolve);
      this.#process.stdin.write(`${JSON.stringify({ act, ...data })}\n`);
    });
    if (answer.status === 500) throw new Error(String(answer["detail"]));
    return answer;
  }

  stop(): void {
    this.#process.kill();
  }

  /** The transport of a device. `lose` makes the answer of the next POST of a message get lost. */
  transport(): Transport & { lose: boolean; posted: number } {
    const checked = async (act: string, data: Record<string, unknown>): Promise<Answer> => {
      const answer = await this.ask(act, data);
      if (answer.status === 422) throw new CrpError("refused", String(answer["detail"]));
      return answer;
    };
    const okOrStale = (answer: Answer): "ok" | "stale" => (answer.status === 409 ? "stale" : "ok");
    const self = {
      lose: false,
      posted: 0,
      keys: () => this.ask("keys"),
      postDevice: async (cert: unknown) => void (await checked("device", { cert })),
      postClaim: async (cert: unknown, claim: unknown) =>
        ((await checked("claim", { cert, claim })).status === 409 ? "refused" : "ok") as "ok" | "refused",
      postEntry: async (entry: unknown) => okOrStale(await checked("entry", { entry })),
      postEpoch: async (epoch: unknown) => okOrStale(await checked("epoch", { epoch })),
      postMessage: async (message: unknown) => {
        const answer = await checked("message", { message });
        self.posted++;
        if (self.lose) throw new TypeError("network lost");
        return okOrStale(answer);
      },
      messages: async (after: number) => (await this.ask("messages", { after }))["messages"] as unknown[],
    };
    return self;
  }
}
