import { redact, redactConfiguration } from '../redact.ts';
import type { Integration } from './types.ts';

/** An integration whose secrets are masked; hosts, ARNs and references stay. Two that differ still differ. */
export function withoutSecrets(integration: Integration): Integration {
  return {
    ...integration,
    uri: redactConfiguration(integration.uri),
    requestTemplates: redactConfiguration(integration.requestTemplates),
    requestParameters: redactConfiguration(integration.requestParameters),
    responses: integration.responses.map(response => ({
      ...response,
      templates: redactConfiguration(response.templates),
      parameters: redactConfiguration(response.parameters),
    })),
  };
}

/** Stage variables whose secrets are masked. Those that may name a function or an alias stay exact, because URIs are made of them. */
export function variablesWithoutSecrets(variables: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      namesFunction(name, value) ? value : (redactConfiguration({ [name]: value })[name] ?? value),
    ]),
  );
}

/** By the variable's name; or by a value of plain words (`token-service`), where the variable's name is no password's. */
function namesFunction(name: string, value: string): boolean {
  if (redact(value) !== value) return false;
  if (/function|lambda|alias|fn/i.test(name)) return /^[\w:$.-]+$/.test(value);
  return !/pass|pwd/i.test(name) && /^[A-Za-z]+(?:[-_][A-Za-z]+)+(?:[-_]v?\d{1,3})?$/.test(value);
}
