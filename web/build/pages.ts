import { createHash } from "node:crypto";
import type { Plugin } from "vite";

/**
 * The careroom build plugin: page texts from the message modules, one HTML file per language where a page has texts, and an
 * `integrity` on every tag.
 */

/** Texts by language, for the elements of a page that name a message with `data-t`. */
export type Texts = Record<string, Record<string, string>>;

const NAMED = /(<[a-z][a-z0-9-]*\b[^>]*\bdata-t="([a-z0-9_]+)"[^>]*>)(?=<\/)/g;

/** Fills every empty element that names a message. Its other content (none) is left alone, so the server may fill the rest. */
export function fillTexts(html: string, texts: Record<string, string>): string {
  return html.replace(NAMED, (_all, open: string, key: string) => {
    const text = texts[key];
    if (text === undefined) throw new Error(`no message named ${key}`);
    return open + escape(text);
  });
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

export function sha384(content: string | Uint8Array): string {
  return `sha384-${createHash("sha384").update(content).digest("base64")}`;
}

const TAG = /<(?:script|link)\b[^>]*>/g;

/** Adds `integrity` to every script and link that points at a file of this build. */
export function addIntegrity(html: string, hashes: ReadonlyMap<string, string>): string {
  return html.replace(TAG, (tag) => {
    const path = /\b(?:src|href)="\/([^"]+)"/.exec(tag)?.[1];
    const hash = path === undefined ? undefined : hashes.get(path);
    if (hash === undefined || tag.includes("integrity=")) return tag;
    return tag.replace(/\s*\/?>$/, ` integrity="${hash}">`);
  });
}

/** Starts fetching the page's own language together with its script, instead of after it. */
function preloadWords(html: string, prefix: string, hashes: ReadonlyMap<string, string>): string {
  const found = [...hashes].find(([path]) => path.startsWith(`assets/${prefix}`) && path.endsWith(".js"));
  if (!found) throw new Error(`no chunk ${prefix}`);
  return html.replace("</head>", `<link rel="modulepreload" crossorigin href="/${found[0]}" integrity="${found[1]}">\n</head>`);
}

/** Comments and the space between lines are for us, not for a phone on a slow network. */
function squeeze(html: string): string {
  return html.replace(/<!--(?!\[)[\s\S]*?-->/g, "").replace(/\n\s*/g, "\n").replace(/\n+/g, "\n").trim() + "\n";
}

/** What a lazily loaded part waits for: its own style sheets, nothing else. Takes the place of Vite's larger helper. */
const LAZY_STYLES = `
const asked = {};
export const __vitePreload = (load, files = []) =>
  Promise.all(files.filter((file) => file.endsWith(".css")).map((file) => asked[file] ??= new Promise((done, fail) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = "/" + file;
    link.onload = done;
    link.onerror = () => { delete asked[file]; fail(new Error(file)); };
    document.head.append(link);
  }))).then(load);
`;

export function lazyStyles(): Plugin {
  return {
    name: "careroom-lazy-styles",
    enforce: "pre",
    apply: "build",
    load: (id) => (id === "\0vite/preload-helper.js" ? LAZY_STYLES : undefined),
  };
}

/** A library asks Node for its WebCrypto where the global one is missing. Browsers have only the global one. */
export function browserCrypto(): Plugin {
  const id = "\0browser-crypto.js";
  return {
    name: "careroom-browser-crypto",
    enforce: "pre",
    apply: "build",
    resolveId: (wanted) => (wanted === "crypto" ? id : undefined),
    load: (wanted) => (wanted === id ? "export const webcrypto = globalThis.crypto;" : undefined),
  };
}

export function careroomPages(pagesWithTexts: Record<string, Texts>): Plugin {
  return {
    name: "careroom-pages",
    enforce: "post",
    transformIndexHtml: {
      order: "post",
      // The development server shows English; the build makes every language.
      handler: (html, context) => {
        const texts = pagesWithTexts[context.path.slice(1)]?.["en"];
        return context.server && texts ? fillTexts(html, texts) : html;
      },
    },
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const files = new Map<string, string | Uint8Array>();
        for (const [path, file] of Object.entries(bundle)) files.set(path, file.type === "chunk" ? file.code : file.source);
        const hashes = new Map([...files].filter(([path]) => !path.endsWith(".html")).map(([path, body]) => [path, sha384(body)]));
        for (const [path, body] of files) {
          if (!path.endsWith(".html")) continue;
          const html = squeeze(addIntegrity(String(body), hashes));
          const variants = pagesWithTexts[path];
          const entry = bundle[path];
          const inLanguage = (locale: string, texts: Record<string, string>): string =>
            preloadWords(fillTexts(html, texts), `zero.${locale}-`, hashes);
          const first = variants?.["en"] ? inLanguage("en", variants["en"]) : html;
          if (entry?.type === "asset") entry.source = first;
          for (const [locale, texts] of Object.entries(variants ?? {})) {
            const name = path.replace(/\.html$/, `.${locale}.html`);
            const source = inLanguage(locale, texts);
            this.emitFile({ type: "asset", fileName: name, source });
          }
        }
      },
    },
  };
}
