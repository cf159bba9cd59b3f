// Validates an AsyncAPI document: its structure by the parser of the AsyncAPI project, its Avro payloads by that
// project's Avro parser, its examples against their JSON Schemas. Warnings count as errors. Before that it shows that
// it finds what is wrong with three damaged copies.
import { readFileSync } from 'node:fs';
import { AvroSchemaParser } from '@asyncapi/avro-schema-parser';
import { Parser } from '@asyncapi/parser';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';

// A newer version of the specification exists: 3.0 is the one that most tools read.
const EXPECTED = new Set(['asyncapi-latest-version']);

const avro = AvroSchemaParser();
const parser = new Parser();
parser.registerSchemaParser(avro);

async function problemsOf(source) {
  const { diagnostics } = await parser.parse(source);
  const problems = diagnostics
    .filter(({ code }) => !EXPECTED.has(code))
    .map(({ code, message, path }) => `${code}: ${message} (at ${path.join('.')})`);

  const { messages, schemas } = JSON.parse(source).components;
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  ajv.addSchema({ $id: 'document', components: { schemas } });
  for (const [name, { payload, examples = [] }] of Object.entries(messages)) {
    if (payload.schemaFormat) {
      for (const { message } of (await avro.validate({ data: payload.schema })) ?? []) {
        problems.push(`${name}: the Avro payload: ${message}`);
      }
      continue;
    }
    const validate = payload.$ref ? ajv.getSchema(`document${payload.$ref}`) : ajv.compile(payload);
    for (const example of examples) {
      if (!validate(example.payload)) {
        problems.push(`${name}: the example ${example.name}: ${ajv.errorsText(validate.errors)}`);
      }
    }
  }
  return problems;
}

const DAMAGES = {
  structure: (document) => { document.operations['receive-orders'].action = 'eat'; },
  payload: (document) => { document.components.messages.OrderEventAvro.payload.schema.fields[0].type = 'nothing'; },
  example: (document) => { delete document.components.messages.OrderEvent.examples[0].payload.order_id; },
};

const source = readFileSync(process.argv[2], 'utf8');
for (const [what, damage] of Object.entries(DAMAGES)) {
  const copy = JSON.parse(source);
  damage(copy);
  if ((await problemsOf(JSON.stringify(copy))).length === 0) {
    console.error(`the check is blind: a damaged ${what} was not found`);
    process.exit(2);
  }
}
const problems = await problemsOf(source);
problems.forEach((problem) => console.error(problem));
const { channels, components } = JSON.parse(source);
const examples = Object.values(components.messages).flatMap((message) => message.examples ?? []).length;
console.log(`${Object.keys(channels).length} channels, ${examples} examples, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
