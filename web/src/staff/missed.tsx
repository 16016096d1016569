/** Who did not come, as far as the facts say: one click confirms it or gives them another time. Nothing is set by itself. */
import { useState } from "preact/hooks";
import { tag } from "../lib/i18n";
import { clock } from "../lib/time";
import { Warning } from "./icons";
import { explain, type Session } from "./session";
import type { Task, TaskList } from "./task-list";
import type { Row } from "./types";
import { deskWords } from "./words";

interface Props {
  session: Session;
  tasks: TaskList;
  rows: readonly Row[];
  zone: string;
  /** Only these people's; without it everybody's. */
  mine?: (row: Row) => boolean;
}

export function Missed({ session, tasks, rows, zone, mine = () => true }: Props) {
  const found = tasks.open.value.flatMap((task) => {
    const row = task.kind === "no-show" ? rows.find((one) => one.id === task.appointment_id) : undefined;
    return row && mine(row) ? [{ task, row }] : [];
  });
  return (
    <>
      {found.map(({ task, row }) => (
        <One key={task.id} session={session} task={task} row={row} zone={zone} />
      ))}
    </>
  );
}

function One({ session, task, row, zone }: { session: Session; task: Task; row: Row; zone: string }) {
  const w = deskWords.value.missed;
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  // The answer comes as events, to every page at once: the task goes, the row changes.
  const say = (then: "close" | "rebook"): void => {
    setBusy(true);
    session.api.post(`/v1/appointments/${row.id}/no-show`, { version: row.version, then }).then(
      () => setProblem(null),
      (error: unknown) => {
        setProblem(explain(error));
        setBusy(false);
      },
    );
  };
  return (
    <div class="notice notice-amber" role="group" aria-label={w.title(row.person.name)} data-missed={task.id}>
      <Warning />
      <p>
        <strong role="status">{w.title(row.person.name)}</strong> {w.since(clock(tag.value, row.start, zone))} {problem && <span class="word-bad">{problem}</span>}
      </p>
      <button type="button" class="button" disabled={busy} onClick={() => say("close")}>
        {w.confirm}
      </button>
      <button type="button" class="button" disabled={busy} onClick={() => say("rebook")}>
        {w.rebook}
      </button>
    </div>
  );
}
