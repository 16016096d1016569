/** What the board shows and in which order: chips, provider and sort, all at the same time (HL7 EHR-S FM AS.6.5). */
import type { BoardStore } from "./board-store";
import { matches, type Filter, type Order } from "./sections";
import { count, lineWords, words } from "./words";

const FILTERS: Filter[] = ["all", "mine", "urgent", "unseen", "interpreter", "not-ready"];
const ORDERS: Order[] = ["place", "acuity", "booked", "wait"];

export function Filters({ store }: { store: BoardStore }) {
  const w = { ...words.value.board.filters, ...lineWords.value.filters };
  const rows = store.rows.value;
  const providers = new Map(rows.map((row) => [row.provider.id, row.provider.name]));
  return (
    <div class="filters">
      <div role="group" aria-label={words.value.board.show} class="chips">
        {FILTERS.map((filter) => (
          <button
            type="button"
            key={filter}
            class="chip"
            aria-pressed={store.filter.value === filter}
            onClick={() => (store.filter.value = filter)}
          >
            {w[filter]} {count(rows.filter((row) => matches(row, filter, store.lanes.value)).length)}
          </button>
        ))}
      </div>
      <div class="sorts">
        {providers.size > 1 && (
          <select aria-label={lineWords.value.only} value={store.only.value ?? ""} onChange={(event) => (store.only.value = event.currentTarget.value || null)}>
            <option value="">{lineWords.value.everyone}</option>
            {[...providers].map(([id, name]) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        )}
        <select aria-label={lineWords.value.sort} value={store.order.value} onChange={(event) => (store.order.value = event.currentTarget.value as Order)}>
          {ORDERS.map((order) => (
            <option key={order} value={order}>
              {lineWords.value.orders[order]}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}
