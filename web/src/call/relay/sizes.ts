/**
 * Our picture in two sizes (simulcast), once several see it: each of them gets what its own way carries, and nobody's narrow way
 * makes the picture small for all.
 *
 * The relay takes the first for the small one. While one other is there the small one rests: it would cost and serve nobody.
 */
export const SIZES = ["small", "large"] as const;
const SMALL_BITS = 150_000;
const SMALL_LINES = 240;
/** Of a smaller picture Chromium sends the first size only, and that would be the small one. */
const LEAST_PIXELS = 480 * 270;

export function encodings(): RTCRtpEncodingParameters[] {
  return [{ rid: "small", active: false, maxBitrate: SMALL_BITS, scaleResolutionDownBy: 2 }, { rid: "large" }];
}

/** Bring the sender to what is wanted now; nothing happens when it is so already. Rejects when the browser was busy with the last wish. */
export async function shape(sender: RTCRtpSender, several: boolean): Promise<void> {
  const parameters = sender.getParameters();
  const [small, large] = parameters.encodings;
  if (!small || !large) return;
  const { width = 0, height = 0 } = sender.track?.getSettings() ?? {};
  // The large one rests while our own line carries no more than the small one. A screen in small could not be read.
  const camera = sender.track?.contentHint !== "detail";
  const active = large.active === false || (several && camera && width * height >= LEAST_PIXELS);
  // Halved as often as it takes: Firefox wants whole steps.
  const scale = Math.min(width, height) > 2 * SMALL_LINES ? 4 : 2;
  if (small.active === active && small.scaleResolutionDownBy === scale) return;
  Object.assign(small, { active, scaleResolutionDownBy: scale });
  await sender.setParameters(parameters);
}
