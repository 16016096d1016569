/** The administrator's figures: each a sentence, a picture and a table. Nothing here is about one person. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Bars, Columns, Lines, Promised } from "./charts";
import { dayOf, digits, figuresWords, hourOf, monthOf, percent, type Figures } from "./figures-words";
import { TARGET_MIN } from "./sections";
import { explain, type Session } from "./session";
import { ErrorBox, Rail } from "./shell";
import { lineWords } from "./words";

const PERIODS = [7, 30, 90];

export function FiguresPage({ session, first }: { session: Session; first: Figures }) {
  const w = figuresWords.value;
  const [shown, setShown] = useState(first);
  const [problem, setProblem] = useState<string | null>(null);
  const load = (days: number): void => {
    setProblem(null);
    session.api.get<Figures>(`/v1/figures?days=${days}`).then(setShown, (error: unknown) => setProblem(explain(error)));
  };
  return (
    <div class="desk figures-page">
      <Rail session={session} page="figures" onProblem={setProblem} />
      <header class="top">
        <div class="top-who">
          <h1>{w.page}</h1>
          <p role="status">{w.lead(dayOf(shown.since, shown.zone), dayOf(shown.until, shown.zone), digits(shown.visits.due))}</p>
        </div>
        <label class="top-choice">
          <span>{w.period}</span>{" "}
          <select value={shown.days} onChange={(event) => load(Number(event.currentTarget.value))}>
            {PERIODS.map((days) => (
              <option key={days} value={days}>
                {w.days(digits(days))}
              </option>
            ))}
          </select>
        </label>
      </header>
      <main class="figures" id="main" tabIndex={0}>
        <ErrorBox sentence={problem} onClose={() => setProblem(null)} />
        <Waits waits={shown.waits} />
        <Forecast forecast={shown.forecast} />
        <Missed visits={shown.visits} />
        <Outcomes visits={shown.visits} />
        <Survey survey={shown.survey} />
      </main>
    </div>
  );
}

interface CardProps {
  id: string;
  title: string;
  sub: string;
  /** Null: too few to draw anything. */
  chart: ComponentChildren;
  head: string[];
  rows: string[][];
  foot?: string | undefined;
}

function Card({ id, title, sub, chart, head, rows, foot }: CardProps) {
  const w = figuresWords.value;
  const [table, setTable] = useState(false);
  const choice = (name: string, on: boolean) => (
    <button type="button" class="chip" aria-pressed={table === on} onClick={() => setTable(on)}>
      {name}
    </button>
  );
  return (
    <section class="figure-card" aria-labelledby={id}>
      <header>
        <div>
          <h2 id={id}>{title}</h2>
          <p class="quiet">{sub}</p>
        </div>
        {rows.length > 0 && (
          <div class="chips" role="group" aria-label={title}>
            {choice(w.chart, false)}
            {choice(w.table, true)}
          </div>
        )}
      </header>
      {rows.length === 0 ? (
        <p class="empty">{w.empty}</p>
      ) : table ? (
        <Table head={head} rows={rows} label={title} />
      ) : (
        (chart ?? <p class="empty">{w.tooFew}</p>)
      )}
      {foot && <p class="quiet">{foot}</p>}
    </section>
  );
}

function Table({ head, rows, label }: { head: string[]; rows: string[][]; label: string }) {
  return (
    <table aria-label={label}>
      <thead>
        <tr>
          {head.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row[0]}>
            {row.map((cell, n) => (n === 0 ? <th key={n} scope="row">{cell}</th> : <td key={n}>{cell}</td>))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const NONE = "–";

function Waits({ waits }: { waits: Figures["waits"] }) {
  const w = figuresWords.value.waits;
  const hours = waits.by_hour;
  const title = waits.median === null ? w.none : w.title(digits(Math.max(1, Math.ceil(waits.median))));
  const told = hours.some((one) => one.median !== null);
  return (
    <Card
      id="waits"
      title={title}
      sub={w.sub}
      head={[w.hour, w.people, w.half, w.most]}
      rows={hours.map((one) => [hourOf(one.hour), digits(one.count), one.median === null ? NONE : digits(one.median, 1), one.p80 === null ? NONE : digits(one.p80, 1)])}
      chart={
        told ? (
          <Lines
            label={title}
            names={hours.map((one) => hourOf(one.hour))}
            target={TARGET_MIN}
            targetName={w.target(digits(TARGET_MIN))}
            tick={digits}
            series={[
              { name: w.most, tone: "blue", values: hours.map((one) => one.p80) },
              { name: w.half, tone: "teal", values: hours.map((one) => one.median) },
            ]}
          />
        ) : null
      }
      foot={`${w.axis}. ${w.left(digits(waits.left), digits(waits.expired))}`}
    />
  );
}

function Forecast({ forecast }: { forecast: Figures["forecast"] }) {
  const w = figuresWords.value.forecast;
  const inside = forecast.band_coverage;
  const title = inside === null ? w.none : inside < 0.75 ? w.narrow : inside > 0.85 ? w.wide : w.good;
  const error = forecast.mean_error_minutes === null || forecast.later_than_p80 === null ? "" : w.error(digits(forecast.mean_error_minutes, 1), percent(forecast.later_than_p80));
  return (
    <Card
      id="forecast"
      title={title}
      sub={inside === null ? w.axis : w.sub(percent(inside))}
      head={[w.promised, w.came]}
      rows={forecast.promises.map((one) => [percent(one.promised), percent(one.came)])}
      chart={<Promised label={title} points={forecast.promises} band={w.band} tick={percent} />}
      foot={inside === null ? undefined : `${w.axis} ${error} ${w.outcomes(digits(forecast.outcomes))}`}
    />
  );
}

function Missed({ visits }: { visits: Figures["visits"] }) {
  const w = figuresWords.value.missed;
  const title = visits.share === null ? w.none : w.title(percent(visits.share, 1));
  const months = visits.by_month;
  return (
    <Card
      id="missed"
      title={title}
      sub={w.sub}
      head={[w.month, w.booked, w.missed, w.share]}
      rows={months.map((one) => [monthOf(one.month), digits(one.due), digits(one.missed), one.share === null ? NONE : percent(one.share, 1)])}
      chart={
        months.some((one) => one.share !== null) ? (
          <Columns label={title} bars={months.map((one) => ({ name: monthOf(one.month), value: one.share }))} tick={(n) => percent(n)} show={(n) => percent(n, 1)} />
        ) : null
      }
      foot={w.how}
    />
  );
}

function Outcomes({ visits }: { visits: Figures["visits"] }) {
  const w = figuresWords.value.outcomes;
  const whole = visits.outcomes.reduce((sum, one) => sum + one.count, 0);
  const held = visits.outcomes.filter((one) => one.name === "completed" || one.name === "by-phone").reduce((sum, one) => sum + one.count, 0);
  const name = (outcome: string): string => lineWords.value.wrap.outcomes[outcome] ?? w.other;
  const mixed = visits.outcomes.some((one) => one.name === "other"); // so few each that they are told together
  return (
    <Card
      id="outcomes"
      title={whole > 0 && !mixed ? w.title(percent(held / whole)) : w.none}
      sub={w.sub}
      head={[w.outcome, w.visits]}
      rows={visits.outcomes.map((one) => [name(one.name), digits(one.count)])}
      chart={whole === 0 ? null : <Bars rows={visits.outcomes.map((one) => ({ name: name(one.name), count: digits(one.count), share: percent(one.count / whole), of: one.count / whole }))} />}
    />
  );
}

function Told({ rows }: { rows: Parameters<typeof Bars>[0]["rows"] }) {
  return rows.length > 0 ? <Bars rows={rows} /> : <p class="empty">{figuresWords.value.tooFew}</p>;
}

function Survey({ survey }: { survey: Figures["survey"] }) {
  const w = figuresWords.value.survey;
  const taps = ["3", "2", "1"];
  const told = Object.keys({ ...survey.ease, ...survey.helped }).length > 0; // of a few answers only how many there are
  const count = (counted: Record<string, number>, tap: string): string => (tap in counted ? digits(counted[tap] ?? 0) : "–");
  const bars = (counted: Record<string, number>) =>
    taps.filter((tap) => tap in counted).map((tap) => ({ name: w.answers[tap] ?? tap, count: digits(counted[tap] ?? 0), share: percent((counted[tap] ?? 0) / survey.answers), of: (counted[tap] ?? 0) / survey.answers }));
  return (
    <Card
      id="survey"
      title={survey.answers > 0 ? w.title(digits(survey.answers)) : w.none}
      sub={w.sub}
      head={[w.none, w.ease, w.helped]}
      rows={told ? taps.map((tap) => [w.answers[tap] ?? tap, count(survey.ease, tap), count(survey.helped, tap)]) : []}
      chart={
        told ? (
          <>
            <h3>{w.ease}</h3>
            <Told rows={bars(survey.ease)} />
            <h3>{w.helped}</h3>
            <Told rows={bars(survey.helped)} />
          </>
        ) : null
      }
    />
  );
}
