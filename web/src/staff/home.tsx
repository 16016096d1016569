/** Entry of /: two ways in. The clinic's name and phone are filled in by the server where it knows them. */
import { render } from "preact";
import { Mark, Out, Warning } from "./icons";
import { LanguageMenu } from "./language-menu";
import { bootLocale, words } from "./words";

/** A value the server wrote into `<body data-…>`; an unfilled placeholder counts as none. */
function filled(name: string): string {
  const value = document.body.dataset[name] ?? "";
  return value.startsWith("{{") ? "" : value;
}

interface HomeProps {
  clinic: string;
  phone: string;
  demo: boolean;
  /** Came here from a link that no visit has. */
  unknown: boolean;
}

function Home({ clinic, phone, demo, unknown }: HomeProps) {
  const w = words.value.home;
  document.title = clinic || w.title;
  return (
    <main class="plain" id="main">
      <Mark />
      <h1>{clinic || w.title}</h1>
      <p class="lead">{w.lead}</p>
      {unknown && (
        <p class="notice notice-amber" role="alert">
          <Warning /> <span>{w.unknownLink}</span>
        </p>
      )}
      <section class="way">
        <h2>{w.patients}</h2>
        <p>{w.patientsHint}</p>
        <p>{phone ? <a href={`tel:${phone.replace(/[^+\d]/g, "")}`}>{w.call(phone)}</a> : w.callPlain}</p>
      </section>
      <a class="way way-link" href="/sign-in">
        <span>
          <strong>{w.staff}</strong>
          <span class="hint">{w.staffHint}</span>
        </span>
        <Out />
      </a>
      {demo && (
        <a class="way way-link" href="/demo">
          <span>
            <strong>{w.demo}</strong>
          </span>
          <Out />
        </a>
      )}
      <LanguageMenu />
    </main>
  );
}

bootLocale();
const root = document.getElementById("app") as HTMLElement;
const unknown = new URLSearchParams(location.search).get("link") === "unknown";
render(<Home clinic={filled("clinic")} phone={filled("phone")} demo={filled("demo") === "yes"} unknown={unknown} />, root);
