/** How messages fare: how many visits each station reached, and what each channel cost. */
import { tag } from "../lib/i18n";
import type { ChannelFigures, Figures } from "./delivery-store";
import { deliveryWords } from "./delivery-words";
import { count } from "./words";

const STATIONS = ["planned", "sent", "arrived", "answered", "joined"] as const;

export function DeliveryFigures({ figures }: { figures: Figures }) {
  const w = deliveryWords.value.figures;
  const { visits } = figures;
  const share = (n: number): number => (visits.planned > 0 ? n / visits.planned : 0);
  const percent = new Intl.NumberFormat(tag.value, { style: "percent", maximumFractionDigits: 1 });
  return (
    <div class="figures">
      <section class="hours-panel" aria-labelledby="funnel-title">
        <div>
          <h2 id="funnel-title">{w.title(visits.arrived, visits.planned)}</h2>
          <p class="hint">{w.lead}</p>
        </div>
        <dl class="funnel">
          {STATIONS.map((station) => (
            <div key={station}>
              <dt>{w.rows[station]}</dt>
              <dd class="funnel-bar" aria-hidden="true">
                <svg viewBox="0 0 100 10" preserveAspectRatio="none" focusable="false">
                  <rect class="funnel-all" width="100" height="10" />
                  <rect class="funnel-part" width={100 * share(visits[station])} height="10" />
                </svg>
              </dd>
              <dd class="funnel-count">
                <strong>{count(visits[station])}</strong> <span class="quiet">{visits.planned > 0 ? percent.format(share(visits[station])) : ""}</span>
              </dd>
            </div>
          ))}
        </dl>
        <p class="hint">{w.other(visits.unsure, visits.by_staff)}</p>
      </section>
      <section class="hours-panel" aria-labelledby="cost-title">
        <div>
          <h2 id="cost-title">{w.costTitle}</h2>
          <p class="hint">{w.costLead}</p>
        </div>
        <div class="table-wrap" role="group" aria-labelledby="cost-title" tabIndex={0}>
          <table>
            <thead>
              <tr>
                {[w.channel, w.sent, w.arrived, w.failed, w.parts, w.cost].map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {figures.channels.map((one) => (
                <tr key={one.channel}>
                  <th scope="row">{deliveryWords.value.channels[one.channel]}</th>
                  <td>{count(one.sent)}</td>
                  <td>{one.delivered === null ? w.unknown : count(one.delivered)}</td>
                  <td>{count(one.failed)}</td>
                  <td>{count(one.parts)}</td>
                  <td>
                    <Cost of={one} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <p>
          <a href="/settings#prices-title">{w.setPrices}</a>
        </p>
      </section>
    </div>
  );
}

function Cost({ of: { costs, unpriced } }: { of: ChannelFigures }) {
  const w = deliveryWords.value.figures;
  const sums = costs.map(({ currency, amount }) =>
    new Intl.NumberFormat(tag.value, { style: "currency", currency, maximumFractionDigits: 4 }).format(Number(amount)),
  );
  if (unpriced > 0) sums.push(costs.length > 0 ? w.unpriced(unpriced) : w.unknown);
  return <>{sums.join(" + ") || count(0)}</>;
}
