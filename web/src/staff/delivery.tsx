/** The delivery page: who was not reached and what helps, what failed, every message, and figures. */
import { DeliveryFigures } from "./delivery-figures";
import { Lines, StateWord, timeWord, Way } from "./delivery-lines";
import { byCause, type Delivery, type DeliveryStore, type Time, type Unreached } from "./delivery-store";
import { deliveryWords, stepName, whyWord } from "./delivery-words";
import { SelectField } from "./fields";
import { LanguageMenu } from "./language-menu";
import { Phone, Tick, Warning } from "./icons";
import { Panel } from "./panel";
import { Clock, ErrorBox, Rail } from "./shell";
import { birthDate, words } from "./words";

export function DeliveryPage({ store }: { store: DeliveryStore }) {
  const w = deliveryWords.value;
  const practice = store.session.me.practice;
  const figures = store.figures.value;
  return (
    <div class="desk desk-plain">
      <Rail session={store.session} page="delivery" onProblem={(sentence) => (store.problem.value = sentence)} />
      <header class="top">
        <div class="top-who">
          <h1>{w.page}</h1>
          <p>
            {practice.name}. {w.asOf(timeWord(store.at.value, practice.zone))}
          </p>
        </div>
        <Clock zone={practice.zone} />
      </header>
      <main class="board hours delivery" id="main" tabIndex={0}>
        <ErrorBox sentence={store.problem.value} onClose={() => (store.problem.value = null)} />
        <p role="status" class="word-good">
          {store.said.value && (
            <>
              <Tick /> {store.said.value}
            </>
          )}
        </p>
        <Silent store={store} zone={practice.zone} />
        <Dead store={store} zone={practice.zone} />
        <Ledger store={store} zone={practice.zone} />
        {figures && <DeliveryFigures figures={figures} />}
        <LanguageMenu />
      </main>
    </div>
  );
}

function Who({ person, visit, zone }: { person: Delivery["person"]; visit: Delivery["visit"]; zone: string }) {
  return (
    <>
      <strong>
        <bdi>{person.name}</bdi>
      </strong>{" "}
      <span class="quiet">
        {words.value.common.born(birthDate(person.birth_date))}
        {visit && ` · ${timeWord(visit.start, zone)}, ${words.value.common.with(visit.provider)}`}
      </span>
    </>
  );
}

function Silent({ store, zone }: { store: DeliveryStore; zone: string }) {
  const w = deliveryWords.value.unreached;
  const found = store.unreached.value;
  return (
    <Panel id="unreached-title" title={found.length > 0 ? `${w.title}: ${w.count(found.length)}` : w.title}>
      {found.length === 0 && (
        <p class="word-good">
          <Tick /> {w.none}
        </p>
      )}
      <ul class="unreached">
        {found.map((one) => (
          <SilentOne key={one.visit.id} store={store} one={one} zone={zone} />
        ))}
      </ul>
    </Panel>
  );
}

function SilentOne({ store, one, zone }: { store: DeliveryStore; one: Unreached; zone: string }) {
  const w = deliveryWords.value.unreached;
  const number = store.numbers.value[one.visit.id];
  const act = (name: string, run: () => Promise<void>, main = false) => (
    <button type="button" class={main ? "button button-main" : "button"} disabled={store.busy.value} aria-label={`${name}: ${one.person.name}`} onClick={() => void run()}>
      {name}
    </button>
  );
  return (
    <li>
      <p>
        <Who person={one.person} visit={one.visit} zone={zone} />
      </p>
      <Lines lines={one.lines} zone={zone} />
      <p class={one.reached_at ? "quiet" : "word-warn"}>{one.reached_at ? w.before(timeWord(one.reached_at, zone)) : w.never}</p>
      {number && (
        <p class="notice">
          <Phone />{" "}
          <span>
            {w.number} <a href={`tel:${number.phone}`} dir="ltr">{number.shown}</a>
            {number.others_may_read && <span class="word-warn"> {w.others}</span>}
          </span>
        </p>
      )}
      <p class="button-row">
        {act(w.ring, () => store.ring(one), true)}
        {one.ways.map((way) => act(w.resend[way] ?? way, () => store.resend(one, way)))}
        {one.ways.length > 0 && act(w.link, () => store.link(one))}
        {act(w.told, () => store.told(one))}
      </p>
    </li>
  );
}

function Dead({ store, zone }: { store: DeliveryStore; zone: string }) {
  const w = deliveryWords.value.dead;
  const causes = byCause(store.dead.value);
  return (
    <Panel id="dead-title" title={w.title}>
      {causes.length === 0 && (
        <p class="word-good">
          <Tick /> {w.none}
        </p>
      )}
      {causes.map(([why, dead]) => (
        <section key={why} class="cause" aria-label={whyWord(why)}>
          <header>
            <h3>
              <Warning /> {whyWord(why)}
            </h3>
            {dead.length > 1 && (
              <button type="button" class="button" disabled={store.busy.value} onClick={() => void store.replay(dead)}>
                {w.all(dead.length)}
              </button>
            )}
          </header>
          <ul>
            {dead.map((one) => (
              <li key={one.line.id}>
                <span>
                  <Who person={one.person} visit={one.visit} zone={zone} />
                  <br />
                  {stepName(one.line.step)}, {deliveryWords.value.channels[one.line.channel]} {one.line.to && <bdi>{one.line.to}</bdi>} <Way line={{ ...one.line, why: null }} zone={zone} />
                </span>
                <button type="button" class="button" disabled={store.busy.value} aria-label={`${w.again}: ${one.person.name}, ${stepName(one.line.step)}`} onClick={() => void store.replay([one])}>
                  {w.again}
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </Panel>
  );
}

function Ledger({ store, zone }: { store: DeliveryStore; zone: string }) {
  const w = deliveryWords.value;
  const { filters, list } = store;
  const any: [string, string] = ["", w.list.any];
  const times = Object.entries(w.list.times) as [Time, string][];
  return (
    <Panel id="list-title" title={w.list.title}>
      <div class="pair">
        <SelectField id="f-time" label={w.list.time} value={filters.value.time} onValue={(time) => void store.filter({ time: time as Time })} options={times} faults={[]} />
        <SelectField id="f-state" label={w.list.state} value={filters.value.state} onValue={(state) => void store.filter({ state })} options={[any, ...Object.entries(w.states)]} faults={[]} />
        <SelectField id="f-channel" label={w.list.channel} value={filters.value.channel} onValue={(channel) => void store.filter({ channel })} options={[any, ...Object.entries(w.channels)]} faults={[]} />
        <SelectField id="f-step" label={w.list.step} value={filters.value.step} onValue={(step) => void store.filter({ step })} options={[any, ...Object.entries(w.steps)]} faults={[]} />
      </div>
      {list.value.lines.length === 0 && <p class="quiet">{w.list.none}</p>}
      {list.value.lines.length > 0 && (
        <div class="table-wrap" role="group" aria-labelledby="list-title" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">{w.list.who}</th>
                <th scope="col">{w.list.what}</th>
                <th scope="col">{w.list.state}</th>
                <th scope="col">{w.list.became}</th>
              </tr>
            </thead>
            <tbody>
              {list.value.lines.map((one) => (
                <tr key={one.line.id}>
                  <td>
                    <Who person={one.person} visit={one.visit} zone={zone} />
                  </td>
                  <td>
                    {stepName(one.line.step)}
                    <br />
                    <span class="quiet">
                      {w.channels[one.line.channel]} {one.line.to && <bdi>{one.line.to}</bdi>}
                    </span>
                  </td>
                  <td>
                    <StateWord line={one.line} />
                  </td>
                  <td>
                    <Way line={one.line} zone={zone} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {list.value.more && (
        <p>
          <button type="button" class="button" disabled={store.busy.value} onClick={() => void store.more()}>
            {w.list.more}
          </button>
        </p>
      )}
    </Panel>
  );
}
