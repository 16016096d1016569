/** A QR code (ISO/IEC 18004) as one SVG path. The address never leaves this page. */
import qrcode from "qrcode-generator";

const QUIET = 4; // modules of white around it, as the standard asks

export function Qr({ text, label }: { text: string; label: string }) {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const size = code.getModuleCount();
  let path = "";
  for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) if (code.isDark(y, x)) path += `M${x + QUIET} ${y + QUIET}h1v1h-1z`;
  return (
    <svg class="qr" viewBox={`0 0 ${size + 2 * QUIET} ${size + 2 * QUIET}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <path d={`M0 0h${size + 2 * QUIET}v${size + 2 * QUIET}H0z`} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
