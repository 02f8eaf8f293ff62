/** What each deployment froze: the draft, changed by the deployment's own merge patch. */
import type { z } from 'zod';
import { mergePatch } from './merge-patch.ts';

/** Issues of a snapshot that does not fit are told under `deployments.<id>.snapshot`. */
export function frozen<Configuration, Deployment extends { snapshot?: Record<string, unknown> | undefined }>(
  schema: z.ZodType<Configuration>,
  draft: Configuration,
  deployments: Record<string, Deployment>,
  context: z.core.$RefinementCtx,
): Record<string, Omit<Deployment, 'snapshot'> & { configuration: Configuration }> {
  const result: Record<string, Omit<Deployment, 'snapshot'> & { configuration: Configuration }> = {};
  for (const [id, { snapshot, ...rest }] of Object.entries(deployments)) {
    const parsed = schema.safeParse(mergePatch(draft, snapshot ?? {}));
    if (parsed.success) result[id] = { ...rest, configuration: parsed.data };
    else {
      for (const { path, message } of parsed.error.issues) {
        context.addIssue({ code: 'custom', path: ['deployments', id, 'snapshot', ...path], message });
      }
    }
  }
  return result;
}
