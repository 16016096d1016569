/** The 64 pictures of a comparison, by number: things that differ at a glance and have short names in every language. */
export const PICTURES: readonly string[] = [..."🍎🍌🍇🍓🍋🥕🌽🍞🧀🥚🍕🎂☕🐝🐞🦆🦉🐄🐑🐸🐳🐍🐪🦒🐌🦀🌹🌻🌴🍁🌙☀⭐☁🌈❄🔥💧⛰🏠🏰⛺🚲🚗🚌🚂✈⛵⚓🔑🔔⏰💡✂🔨☂🎩👞👓🎁🎈⚽🎸📖"];

/** Some of these are letters to a browser unless it is told that a picture is meant (Unicode, variation selector 16). */
export const pictureAt = (index: number): string => `${PICTURES[index] ?? ""}\uFE0F`;
