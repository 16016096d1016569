/** `Dr Amara Okafor` -> `AO`: first and last word that is not a title. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => word && !/^(dr|dra|mr|mrs|ms|prof|sr|sra|د)\.?$/i.test(word));
  const first = words[0]?.charAt(0) ?? "";
  const last = words.length > 1 ? (words.at(-1)?.charAt(0) ?? "") : "";
  return (first + last).toLocaleUpperCase();
}
