// How search understands a query and ranks what it finds. This comes before the theme's
// worker, which calls asked(), enough() and worth(): see theme.py.

// So many words are a name or a question. More are a pasted message, of which this site
// need not know each word.
const SHORT = 4;
// What has less than this share of the query, where rare words count more, is left out; so
// is what has less than most of it, and that only in its text.
const SHARE = 0.36;
const MOST = 0.62;
// From so many letters on, a word that is not known may be misspelt.
const LONG = 6;
// In how many places a word would be that is in none.
const FEW = 2;

// How much more a page is worth than a section.
const PAGE = 1.6;

// How much more a word counts than others that begin with it, and how much they count as
// a part of the query.
const EXACT = 4;
const BEGIN = 0.6;

let synonyms = []; // each: what this site says, then what others say
let sayings = []; // of the synonyms: their words and those of this site, the longest first
const titles = new Map(); // the words of each
let parts = []; // of the query: the ways to say each, as words, and how rare it is

addEventListener("message", ({ data: { type, data } }) => {
  if (type === 0) synonyms = data.config.synonyms ?? [];
});

// Whether a word begins with what was typed; one Latin letter says too little.
const begins = (word, typed) => (/^[a-z]$/.test(typed) ? word === typed : word.startsWith(typed));

// The words of a text. The theme splits them once more, so none is left to split.
function split(text) {
  const words = text.split(new RegExp(lunr.tokenizer.separator, "g")).filter(Boolean);
  return words.length === 1 && words[0] === text ? words : words.flatMap(split);
}

// What was typed or pasted, as words: the theme would take signs such as - and : for
// operators.
function asked(query, { invertedIndex, fieldVectors, tokenSet, fields }) {
  const tokens = Object.keys(invertedIndex);
  const known = (word) => tokens.filter((token) => begins(token, word));
  const all = Object.keys(fieldVectors).length / fields.length;
  const rarity = (word) => {
    const places = known(word).flatMap((token) => fields.flatMap((field) => Object.keys(invertedIndex[token][field])));
    return Math.log(1 + all / (1 + (new Set(places).size || FEW)));
  };
  // Of a traceback, only its message.
  const message = query.replace(/^.*\w(?:Error|Exception|Warning): (?=.*\S)/s, "").toLowerCase();
  parts = said(split(message.replace(/n['’]t\b/g, " not").replace(/[^\p{L}\p{M}\p{N}_]+/gu, " ")));
  // Of a short one, words in a polite form may be missing: they end a Korean question.
  parts = parts.filter(({ ways: [[word]] }) => known(word).length || !/[가-힣](?:요|[가-힣][다까])$/.test(word));
  if (parts.length > SHORT) parts = parts.filter(({ ways }) => ways.flat().some((word) => known(word).length && !/^(\d+|[a-z])$/.test(word)));
  else for (const { ways } of parts) ways[0] = ways[0].map((word) => (known(word).length ? word : meant(word, tokenSet)));
  for (const part of parts) part.weight = Math.max(...part.ways[0].map(rarity));
  const words = new Set(parts.flatMap(({ ways }) => ways.flat()));
  return [...words].map((word) => `${word}^${EXACT} ${word}`).join(" ");
}

// The parts of a query: each word, or the words of a synonym together.
function said(words) {
  if (!sayings.length) {
    sayings = synonyms.flatMap((names) => names.map((name) => [name, names[0]].map((one) => split(one.toLowerCase()))));
    sayings.sort(([one], [other]) => other.length - one.length);
  }
  const found = [];
  for (let at = 0; at < words.length; ) {
    const here = (name) => name.length > 0 && name.every((word, n) => word === words[at + n]);
    const ways = sayings.find(([name]) => here(name)) ?? [[words[at]]];
    found.push({ ways: [...ways] });
    at += ways[0].length;
  }
  return found;
}

// The word of this site that differs by a letter, or two that were swapped.
function meant(word, tokenSet) {
  if (word.length < LONG) return word;
  const near = tokenSet.intersect(lunr.TokenSet.fromFuzzyString(word, 1)).toArray();
  return near.find((token) => token[0] === word[0]) ?? word;
}

// How much of the query is in a result: among the words in which it was found, and those
// of the title of its page. More words begin like those of the query than mean the same.
function share(result, found) {
  const words = [...Object.keys(found), ...(result.parent ? named(result.parent) : [])];
  const has = (word) => (words.includes(word) ? 1 : words.some((other) => begins(other, word)) ? BEGIN : 0);
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
  const most = ({ ways }) => Math.max(...ways.map((way) => sum(way.map(has)) / way.length));
  return sum(parts.map((part) => most(part) * part.weight)) / sum(parts.map(({ weight }) => weight));
}

// The words of a page's title and its other names.
function named({ title, names = "" }) {
  const text = `${title} ${names}`.toLowerCase();
  if (!titles.has(text)) titles.set(text, split(text));
  return titles.get(text);
}

// Whether a result is shown; and what its score grows with, by 1 plus the square.
function enough(result, found) {
  result.share = share(result, found);
  const inName = Object.values(found).some(({ title, names }) => title || names);
  return result.share >= (inName ? SHARE : MOST);
}
function worth({ share, parent }, terms) {
  // What was found in other words is not missing.
  for (const { ways } of parts) {
    if (!ways.some((way) => way.every((word) => terms[word]))) continue;
    for (const word of ways.flat()) if (!terms[word]) delete terms[word];
  }
  return 10 * share * (parent ? 1 : PAGE);
}
