/** The call list: what needs a human and does not interrupt. */
import { tag } from "../lib/i18n";
import { clock } from "../lib/time";
import { kindWord } from "./alarms";
import type { DeskStore } from "./desk-store";
import type { Task } from "./task-list";
import { deskWords } from "./words";

export function Tasks({ store }: { store: DeskStore }) {
  const w = deskWords.value.tasks;
  const tasks = store.tasks.open.value.filter((task) => task.priority !== "stat");
  return (
    <section class="room room-wide" aria-labelledby="tasks">
      <header>
        <h2 id="tasks">{w.title}</h2>
        <span class="quiet">{tasks.length > 0 ? deskWords.value.callList(tasks.length) : w.none}</span>
      </header>
      {tasks.length > 0 && (
        <ul>
          {tasks.map((task) => (
            <TaskRow key={task.id} task={task} store={store} />
          ))}
        </ul>
      )}
    </section>
  );
}

/** What a page must have to show tasks: the list, its zone, and a way to show the visit. */
export type TaskPlace = Pick<DeskStore, "tasks" | "zone" | "select">;

export function TaskRow({ task, store }: { task: Task; store: TaskPlace }) {
  const w = deskWords.value.tasks;
  const at = clock(tag.value, task.created_at, store.zone);
  const mine = store.tasks.isMine(task);
  const where = task.appointment_id;
  return (
    <li class="room-row">
      <span class="room-how">
        <strong>
          {task.person && <bdi>{task.person.name}</bdi>} {kindWord(task.kind)}
        </strong>
        <span>
          {at}
          {task.due ? `, ${w.due(clock(tag.value, task.due, store.zone))}` : ""}
          {task.owner ? `. ${mine ? w.yours : w.taken(task.owner.name)}` : ""}
          {task.note ? `. ${task.note}` : ""}
        </span>
      </span>
      <span class="room-acts">
        {where && (
          <button type="button" class="button" onClick={() => store.select(where)}>
            {w.open}
          </button>
        )}
        {task.status === "requested" && (
          <button type="button" class="button" onClick={() => void store.tasks.act(task, "accept")}>
            {w.take}
          </button>
        )}
        {mine && (
          <>
            <button type="button" class="button" onClick={() => void store.tasks.act(task, "release")}>
              {w.release}
            </button>
            <button type="button" class="button" onClick={() => void store.tasks.act(task, "complete")}>
              {w.done}
            </button>
          </>
        )}
      </span>
    </li>
  );
}
