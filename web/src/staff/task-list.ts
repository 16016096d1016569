/** What needs a human, live: the open tasks of the practice, and the four things one does with them (server/tasks). */
import { computed, signal, type ReadonlySignal } from "@preact/signals";
import type { Live, SnapshotHandle } from "../lib/live";
import type { Heads, Person } from "../lib/types";
import { explain, type Session } from "./session";

export type Priority = "routine" | "urgent" | "asap" | "stat";

export interface Task {
  id: string;
  kind: string;
  priority: Priority;
  status: "requested" | "accepted" | "completed" | "cancelled";
  version: number;
  person?: Pick<Person, "id" | "name" | "birth_date" | "number" | "language"> | null;
  appointment_id?: string | null;
  note?: string | null;
  due?: string | null;
  created_at: string;
  owner?: { id: string; name: string } | null;
  accepted_at?: string | null;
  step: number;
}

export interface TasksAnswer {
  heads: Heads;
  now: string;
  tasks: Record<string, Task>;
}

const RANK: Record<Priority, number> = { stat: 0, asap: 1, urgent: 2, routine: 3 };

/** The most pressing first, of those the oldest. Pure. */
export function byPressure(a: Task, b: Task): number {
  return RANK[a.priority] - RANK[b.priority] || a.created_at.localeCompare(b.created_at) || a.id.localeCompare(b.id);
}

export class TaskList {
  readonly open: ReadonlySignal<Task[]>;
  /** Those that interrupt: `stat`, until they are closed. */
  readonly alarms: ReadonlySignal<Task[]>;
  readonly problem = signal<string | null>(null);
  readonly #handle: SnapshotHandle<TasksAnswer>;

  constructor(
    readonly session: Session,
    live: Live,
    first: TasksAnswer,
  ) {
    const load = (): Promise<TasksAnswer> => session.api.get<TasksAnswer>("/v1/tasks");
    this.#handle = live.snapshot(`tasks:${session.me.practice.id}`, first, load);
    this.open = computed(() => Object.values(this.#handle.value.value.tasks).sort(byPressure));
    this.alarms = computed(() => this.open.value.filter((task) => task.priority === "stat"));
  }

  static async load(session: Session, live: Live): Promise<TaskList> {
    return new TaskList(session, live, await session.api.get<TasksAnswer>("/v1/tasks"));
  }

  isMine(task: Task): boolean {
    return task.owner?.id === this.session.me.account.id;
  }

  async act(task: Task, act: "accept" | "release" | "complete" | "cancel"): Promise<void> {
    this.problem.value = null;
    try {
      const answer = await this.session.api.post<Task>(`/v1/tasks/${task.id}/${act}`, { version: task.version });
      const now = this.#handle.value.value;
      const known = now.tasks[task.id];
      if (!known || known.version > answer.version) return;
      const { [task.id]: _, ...others } = now.tasks;
      const over = answer.status === "completed" || answer.status === "cancelled";
      this.#handle.set({ ...now, tasks: over ? others : { ...others, [task.id]: answer } });
    } catch (error) {
      this.problem.value = explain(error);
    }
  }

  close(): void {
    this.#handle.close();
  }
}
