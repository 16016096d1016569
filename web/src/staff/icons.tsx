/** Icons of the staff's and the demo's pages: one weight, 20 px, drawn here. Always beside or inside a word. */
import type { ComponentChildren } from "preact";

interface IconProps {
  /** Said by screen readers; without it the icon is decoration. */
  label?: string | undefined;
  class?: string | undefined;
}

export function make(children: ComponentChildren) {
  return function Icon({ label, class: extra }: IconProps) {
    return (
      <svg
        class={extra ? `icon ${extra}` : "icon"}
        viewBox="0 0 24 24"
        width="20"
        height="20"
        fill="none"
        stroke="currentColor"
        stroke-width="1.7"
        stroke-linecap="round"
        stroke-linejoin="round"
        focusable="false"
        {...(label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" as const })}
      >
        {children}
      </svg>
    );
  };
}

export const FiguresIcon = make(
  <>
    <path d="M5 20V11" />
    <path d="M12 20V4" />
    <path d="M19 20v-6" />
  </>,
);
export const Bell = make(
  <>
    <path d="M6 16.500V11a6 6 0 0 1 12 0v5.500l1.500 1.500h-15z" />
    <path d="M10 20.500a2.200 2.200 0 0 0 4 0" />
  </>,
);
export const Sliders = make(
  <>
    <path d="M3 7h9m6 0h3M3 17h3m6 0h9" />
    <circle cx="15" cy="7" r="2.8" />
    <circle cx="9" cy="17" r="2.8" />
  </>,
);
export const Camera = make(
  <>
    <rect x="2.5" y="6" width="12.5" height="12" rx="2.5" />
    <path d="m15 11 6-3.4v8.8L15 13" />
  </>,
);
export const CameraOff = make(
  <>
    <path d="M10 6h2.5A2.5 2.5 0 0 1 15 8.5V11l6-3.4v8.8M15 15.5A2.5 2.5 0 0 1 12.5 18H5a2.5 2.5 0 0 1-2.5-2.5v-7A2.5 2.5 0 0 1 5 6" />
    <path d="m3 3 18 18" />
  </>,
);
export const Microphone = make(
  <>
    <rect x="9" y="2.5" width="6" height="11.5" rx="3" />
    <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3.5" />
  </>,
);
export const MicrophoneOff = make(
  <>
    <path d="M9 9v2a3 3 0 0 0 4.8 2.4M15 10V5.5a3 3 0 0 0-5.6-1.5M5.5 11.5a6.5 6.5 0 0 0 10.7 5M18.5 11.5c0 1-.2 1.9-.6 2.7M12 18v3.5" />
    <path d="m3 3 18 18" />
  </>,
);
export const Signal = make(
  <>
    <path d="M2.5 9.5a14 14 0 0 1 19 0M5.8 13a9 9 0 0 1 12.4 0M9 16.3a4.4 4.4 0 0 1 6 0" />
    <path d="M12 19.5h.01" />
  </>,
);
export const Consent = make(
  <>
    <path d="M13.5 2.5H7a2 2 0 0 0-2 2v15a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8z" />
    <path d="m9 14 2.2 2.2L15.2 12" />
  </>,
);
export const Talk = make(
  <>
    <path d="M3 4.5h10.5v7.5H8l-3 2.6V12H3z" />
    <path d="M17 9h4v7.5h-2V19l-2.8-2.5H11" />
  </>,
);
export const BoardIcon = make(
  <>
    <rect x="3.5" y="4" width="17" height="16" rx="2.5" />
    <path d="M3.5 9h17M9.5 9v11" />
  </>,
);
export const HandOverIcon = make(<path d="M4 8h13l-3.500-3.500M20 16H7l3.500 3.500" />);
export const DeskIcon = make(
  <>
    <rect x="3.5" y="3.5" width="7" height="7" rx="1.5" />
    <rect x="13.500" y="3.5" width="7" height="7" rx="1.5" />
    <rect x="3.5" y="13.500" width="7" height="7" rx="1.5" />
    <rect x="13.500" y="13.500" width="7" height="7" rx="1.5" />
  </>,
);
export const Calendar = make(
  <>
    <rect x="3.5" y="5" width="17" height="15.5" rx="2.5" />
    <path d="M3.5 10h17M8 2.5V6M16 2.5V6" />
  </>,
);
export const Message = make(<path d="M4 5h16v11.5h-8L8 20v-3.5H4z" />);
export const Clock = make(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M12 7.5V12l3 2" />
  </>,
);
export const Tick = make(<path d="m5 12.5 4.5 4.5L19 7.5" />);
export const Lock = make(
  <>
    <rect x="5" y="10.5" width="14" height="10" rx="2.5" />
    <path d="M8 10.5V7.5a4 4 0 0 1 8 0v3" />
  </>,
);
export const Warning = make(
  <>
    <path d="M12 3.5 2.5 20h19z" />
    <path d="M12 10v4.5M12 17.3h.01" />
  </>,
);
export const HangUp = make(
  <path d="M3 14.5c0-6.7 18-6.7 18 0v1.7l-4.7.8-.6-3.1a12.6 12.6 0 0 0-7.4 0l-.6 3.1-4.7-.8z" />,
);
export const Settings = make(<path d="M4 8h9M17 8h3M4 16h3M11 16h9M15 5.500v5M9 13.500v5" />);
export const Phone = make(
  <path d="M5.5 3.5h3.2l1.6 4.3-2.2 1.7a12.5 12.5 0 0 0 6.4 6.4l1.7-2.2 4.3 1.6v3.2a2 2 0 0 1-2.2 2A16.5 16.5 0 0 1 3.5 5.7a2 2 0 0 1 2-2.2z" />,
);
export const Mail = make(
  <>
    <rect x="3" y="5" width="18" height="14" rx="2.5" />
    <path d="m3.5 7.5 8.5 6 8.5-6" />
  </>,
);
export const Who = make(
  <>
    <circle cx="12" cy="8" r="4" />
    <path d="M4.5 20.5c.8-4 3.8-6 7.5-6s6.7 2 7.5 6" />
  </>,
);
export const Search = make(
  <>
    <circle cx="10.5" cy="10.5" r="6.5" />
    <path d="m15.5 15.5 5 5" />
  </>,
);
export const Plus = make(<path d="M12 5v14M5 12h14" />);
export const Close = make(<path d="m6 6 12 12M18 6 6 18" />);
export const Out = make(<path d="M7 17 17 7M9 7h8v8" />);
export const Up = make(<path d="M12 19V5M6 11l6-6 6 6" />);
export const Back = make(<path d="M19 12H5M11 6l-6 6 6 6" />);
export const Sound = make(
  <>
    <path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5z" />
    <path d="M15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11" />
  </>,
);
export const Keyboard = make(
  <>
    <rect x="2.5" y="6" width="19" height="12.5" rx="2.5" />
    <path d="M6.5 10h.01M10 10h.01M14 10h.01M17.5 10h.01M8 14.5h8" />
  </>,
);
export const Leave = make(<path d="M14 4h4.5a1.5 1.5 0 0 1 1.5 1.5v13a1.5 1.5 0 0 1-1.5 1.5H14M10 8l-4 4 4 4M6 12h9.5" />);

/** Careroom's mark. */
export function Mark() {
  return (
    <span class="mark" aria-hidden="true">
      <svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round">
        <path d="M5 10c2.3-2.6 4.7-2.6 7 0s4.7 2.6 7 0M5 15c2.3-2.6 4.7-2.6 7 0s4.7 2.6 7 0" />
      </svg>
    </span>
  );
}
