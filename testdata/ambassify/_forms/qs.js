// Prints the JSON file named by the argument as qs.stringify encodes it by default.
import { readFileSync } from "node:fs";
import qs from "qs";

process.stdout.write(qs.stringify(JSON.parse(readFileSync(process.argv[2], "utf8"))));
