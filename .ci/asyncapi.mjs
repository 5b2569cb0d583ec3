// Parses AsyncAPI documents, with their examples, by the official parser. It says what it has
// read, and ends with 1 if one has an error.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

// The parser is where the script is called from.
const { Parser } = createRequire(process.cwd() + '/')('@asyncapi/parser');
const parser = new Parser();
let wrong = 0;
for (const name of process.argv.slice(2)) {
  const { document, diagnostics } = await parser.parse(readFileSync(name, 'utf8'));
  const errors = diagnostics.filter((d) => d.severity === 0);
  for (const d of errors) {
    console.log(`${name}: ${d.path.join('/')}: ${d.message}`);
  }
  if (!document || errors.length > 0) {
    wrong++;
    continue;
  }
  console.log(`parsed ${name}: ${document.messages().length} messages`);
}
process.exit(wrong > 0 ? 1 : 0);
