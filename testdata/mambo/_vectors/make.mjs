// Writes signature.json: deliveries signed, or not quite, without any code of this
// module. Run: node make.mjs
import { createHash, createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";

const secret = "whk_4v8sQ1pXn0Zr7LbTfY2c";
const older = "whk_9Hs2mKd3Wq6EuJ5gAo8t";
const now = 1774000000; // 2026-03-20T09:46:40Z
const body = '{"userId":"696380f0a1b2c3d4e5f60718","pointId":"695b7e901f2e3d4c5b6a7988","balance":1280.5}';

const hmac = (key, text) => createHmac("sha256", key).update(text, "utf8").digest("hex");
const vectors = [];

// want is "ok", or the end of the name of an ErrSignature error.
function vector(name, want, header, more = {}) {
  vectors.push({ name, want, secrets: [secret], now, header: [header], body, ...more });
}

function signed(stamp, separator = "", key = secret, text = body) {
  return hmac(key, `${stamp}${separator}${text}`);
}

// Accepted.
vector("seconds, nothing between", "ok", `t=${now},v1=${signed(now)}`);
vector("seconds, full stop between", "ok", `t=${now},v1=${signed(now, ".")}`);
vector("milliseconds, nothing between", "ok", `t=${now}482,v1=${signed(`${now}482`)}`);
vector("milliseconds, full stop between", "ok", `t=${now}482,v1=${signed(`${now}482`, ".")}`);
vector("upper-case hex", "ok", `t=${now},v1=${signed(now).toUpperCase()}`);
vector("semicolon between the parts", "ok", `t=${now};v1=${signed(now)}`);
vector("digest first", "ok", `signature=${signed(now)}, timestamp=${now}`);
vector("other keys and spaces", "ok", ` ts = ${now} , sha256 = ${signed(now)} `);
vector("no keys", "ok", `${now},${signed(now)}`);
vector("full stop between the parts", "ok", `${now}.${signed(now, ".")}`);
vector("part of another kind", "ok", `t=${now},v1=${signed(now)},alg=HMAC-SHA256`);
vector("older secret of a rotation", "ok", `t=${now},v1=${signed(now, "", older)}`, { secrets: [secret, older] });
vector("a digest for each secret", "ok", `t=${now},v1=${signed(now, "", older)},v1=${signed(now)}`);
vector("as old as tolerated", "ok", `t=${now - 300},v1=${signed(now - 300)}`);
vector("as new as tolerated", "ok", `t=${now + 300},v1=${signed(now + 300)}`);
{
  const text = '{"id":"69b0","name":"Piętnaście procent 🎁","tag":"\\u00e9té"}';
  vector("body beyond ASCII", "ok", `t=${now},v1=${signed(now, "", secret, text)}`, { body: text });
  vector("secret beyond ASCII", "ok", `t=${now},v1=${signed(now, "", "Schlüssel № 5")}`, { secrets: ["Schlüssel № 5"] });
  const spaced = '{\n  "message": "ping"\n}\n';
  vector("body with white space", "ok", `t=${now},v1=${signed(now, ".", secret, spaced)}`, { body: spaced });
}
vector("configured separator", "ok", `t=${now},v1=${signed(now, ":")}`, { separators: [":"] });

// Missing or malformed.
vector("no header", "Missing", "", { header: [] });
vector("empty header", "Missing", "");
vector("two headers", "Malformed", "", { header: [`t=${now},v1=${signed(now)}`, `t=${now},v1=${signed(now)}`] });
vector("two headers joined by a proxy", "Malformed", `t=${now},v1=${signed(now)}, t=${now},v1=${signed(now)}`);
vector("no digest", "Malformed", `t=${now}`);
vector("no timestamp", "Malformed", `v1=${signed(now)}`);
vector("digest of 63 digits", "Malformed", `t=${now},v1=${signed(now).slice(1)}`);
vector("digest of 65 digits", "Malformed", `t=${now},v1=${signed(now)}0`);
vector("digest in base64", "Malformed", `t=${now},v1=${createHmac("sha256", secret).update(`${now}${body}`).digest("base64")}`);
for (const length of [9, 11, 12, 14]) {
  const stamp = `${now}0000`.slice(0, length);
  vector(`timestamp of ${length} digits`, "Malformed", `t=${stamp},v1=${signed(stamp)}`);
}
vector("too long", "Malformed", `t=${now},v1=${signed(now)},pad=${"x".repeat(4096)}`);

// Forged.
vector("another secret", "Mismatch", `t=${now},v1=${signed(now, "", "whk_guess")}`);
vector("body changed", "Mismatch", `t=${now},v1=${signed(now)}`, { body: body.replace("1280.5", "9280.5") });
vector("white space added to the body", "Mismatch", `t=${now},v1=${signed(now)}`, { body: body + "\n" });
vector("timestamp changed", "Mismatch", `t=${now + 1},v1=${signed(now)}`);
vector("body alone signed", "Mismatch", `t=${now},v1=${hmac(secret, body)}`);
vector("timestamp alone signed", "Mismatch", `t=${now},v1=${hmac(secret, `${now}`)}`);
vector("hash without a key", "Mismatch", `t=${now},v1=${createHash("sha256").update(`${now}${body}`).digest("hex")}`);
vector("digest of zeros", "Mismatch", `t=${now},v1=${"0".repeat(64)}`);
vector("separator that is not configured", "Mismatch", `t=${now},v1=${signed(now, ":")}`);
vector("full stop where none is configured", "Mismatch", `t=${now},v1=${signed(now, ".")}`, { separators: [""] });
vector("none where a full stop is configured", "Mismatch", `t=${now},v1=${signed(now)}`, { separators: ["."] });

// Digits moved between timestamp and body: the signed bytes stay the same.
vector("digits moved into the body", "Mismatch", `t=${now},v1=${signed(`${now}482`)}`, { body: `482${body}` });
vector("digits moved out of the body", "Mismatch", `t=${now}482,v1=${signed(now, "", secret, `482${body}`)}`, { body: `0${body}` });
vector("number as the whole body", "Mismatch", `t=${now},v1=${signed(`${now}482`, "", secret, "")}`, { body: "482" });
vector("full stop moved into the body", "Mismatch", `t=${now},v1=${signed(now, ".")}`, { body: `.${body}` });
vector("empty body", "Mismatch", `t=${now},v1=${signed(now, "", secret, "")}`, { body: "" });

// Genuine, at the wrong time.
vector("too old", "TooOld", `t=${now - 301},v1=${signed(now - 301)}`);
vector("too new", "TooNew", `t=${now + 301},v1=${signed(now + 301)}`);
vector("too old by a millisecond", "TooOld", `t=${now - 301}999,v1=${signed(`${now - 301}999`)}`);
vector("too new by a millisecond", "TooNew", `t=${now + 300}001,v1=${signed(`${now + 300}001`)}`);
vector("forged and too old", "TooOld", `t=${now - 9000},v1=${signed(now)}`);

writeFileSync(new URL("signature.json", import.meta.url), JSON.stringify(vectors, null, 2) + "\n");
