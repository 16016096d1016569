/** What interrupts: `stat` tasks over everything else, until somebody has taken and closed them. */
import { tag } from "../lib/i18n";
import { clock } from "../lib/time";
import { Warning } from "./icons";
import type { Task, TaskList } from "./task-list";
import { deskWords } from "./words";

interface Props {
  tasks: TaskList;
  zone: string;
  /** Shows the person on this page, when the page has them. */
  onOpen?: ((appointmentId: string) => void) | undefined;
}

export function Alarms({ tasks, zone, onOpen }: Props) {
  const w = deskWords.value.tasks;
  const alarms = tasks.alarms.value;
  return (
    <div class="alarms" role="alert">
      {tasks.problem.value && <p class="word-bad">{tasks.problem.value}</p>}
      {alarms.map((task) => (
        <Alarm key={task.id} task={task} tasks={tasks} at={clock(tag.value, task.created_at, zone)} onOpen={onOpen} w={w} />
      ))}
    </div>
  );
}

type Words = typeof deskWords.value.tasks;

function Alarm({ task, tasks, at, onOpen, w }: { task: Task; tasks: TaskList; at: string; onOpen: Props["onOpen"]; w: Words }) {
  const where = task.appointment_id;
  return (
    <div class="notice notice-coral" data-task={task.id}>
      <Warning />
      <p>
        <strong>
          {task.person && <bdi>{task.person.name}</bdi>} {kindWord(task.kind)}
        </strong>{" "}
        <span>
          {at}
          {task.owner ? `. ${tasks.isMine(task) ? w.yours : w.taken(task.owner.name)}` : ""}
          {task.note ? `. ${task.note}` : ""}
        </span>
      </p>
      {where && onOpen && (
        <button type="button" class="button" onClick={() => onOpen(where)}>
          {w.open}
        </button>
      )}
      {task.status === "requested" && (
        <button type="button" class="button button-main" onClick={() => void tasks.act(task, "accept")}>
          {w.take}
        </button>
      )}
      {tasks.isMine(task) && (
        <button type="button" class="button" onClick={() => void tasks.act(task, "complete")}>
          {w.done}
        </button>
      )}
    </div>
  );
}

export function kindWord(kind: string): string {
  const known: Record<string, string> = deskWords.value.tasks.kinds;
  return known[kind] ?? kind;
}
