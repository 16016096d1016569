/** Comparing four pictures in a call, in English. */
const en = {
  title: "Do you both see the same four pictures?",
  why: "Read them to each other. If they are the same, nobody is in between.",
  asked: "Getting the pictures…",
  same: "Yes, the same",
  different: "No, different",
  agreed: "You both saw the same pictures. Nobody is in between.",
  unproven: "The pictures cannot be compared yet: one side's keys are not confirmed. The call goes on.",
  broken: "The comparison was disturbed. Try again; if it happens twice, end the call and phone.",
  again: "Try again",
  close: "Close",
  pictures: [
    "apple", "banana", "grapes", "strawberry", "lemon", "carrot", "corn", "bread", "cheese", "egg", "pizza", "cake", "coffee", "bee",
    "ladybird", "duck", "owl", "cow", "sheep", "frog", "whale", "snake", "camel", "giraffe", "snail", "crab", "rose", "sunflower", "palm",
    "leaf", "moon", "sun", "star", "cloud", "rainbow", "snowflake", "fire", "drop", "mountain", "house", "castle", "tent", "bicycle", "car",
    "bus", "train", "plane", "boat", "anchor", "key", "bell", "clock", "lamp", "scissors", "hammer", "umbrella", "hat", "shoe", "glasses",
    "present", "balloon", "ball", "guitar", "book",
  ],
};

export type CompareMessages = typeof en;
export default en;
