/** The settings page: which messages patients get, and whom an emergency reaches. */
import { InterpretersPanel, type InterpretersStore } from "./interpreters-panel";
import { LanguageMenu } from "./language-menu";
import { LicencesPanel, type Licensed } from "./licences-panel";
import { PhonesPanel, type PhonesStore } from "./phones-panel";
import { PlanPanel } from "./plan-panel";
import type { PlanStore } from "./plan-store";
import { PricesPanel, type PricesStore } from "./prices-panel";
import { settingsWords } from "./settings-words";
import { Clock, Rail } from "./shell";

interface Props {
  plan: PlanStore;
  phones: PhonesStore;
  licensed: Licensed[];
  interpreters: InterpretersStore;
  prices: PricesStore;
}

export function SettingsPage({ plan, phones, licensed, interpreters, prices }: Props) {
  const practice = plan.session.me.practice;
  return (
    <div class="desk desk-plain">
      <Rail session={plan.session} page="settings" onProblem={(sentence) => (plan.problem.value = sentence)} />
      <header class="top">
        <div class="top-who">
          <h1>{settingsWords.value.page}</h1>
          <p>{practice.name}</p>
        </div>
        <Clock zone={practice.zone} />
      </header>
      <main class="board hours" id="main" tabIndex={0}>
        <PlanPanel store={plan} />
        <PhonesPanel store={phones} />
        <LicencesPanel session={plan.session} providers={licensed} />
        <InterpretersPanel store={interpreters} />
        <PricesPanel store={prices} />
        <LanguageMenu />
      </main>
    </div>
  );
}
