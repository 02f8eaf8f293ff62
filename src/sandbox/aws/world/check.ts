/** Refuses worlds that AWS could not be in, so that a scenario's mistake is told and not diagnosed. */
import type { World } from '../world.ts';
import { awsManagedPolicy } from './aws-policies.ts';
import { findRestMethod, findRouteKey, targetOf } from './lookup.ts';
import type { RestConfiguration } from './rest-apis.ts';
import type { V2Configuration } from './v2-apis.ts';

export interface Contradiction {
  path: (string | number)[];
  message: string;
}

export function findContradictions(world: World): Contradiction[] {
  return [
    ...restApis(world),
    ...v2Apis(world),
    ...traffic(world),
    ...roles(world),
    ...functions(world),
    ...alarms(world),
  ];
}

function* restApis(world: World): Generator<Contradiction> {
  for (const [id, api] of Object.entries(world.restApis)) {
    const at = ['restApis', id];
    yield* restConfiguration(at, api.draft, false);
    for (const [deploymentId, deployment] of Object.entries(api.deployments)) {
      yield* restConfiguration([...at, 'deployments', deploymentId], deployment.configuration, true);
    }
    for (const [name, stage] of Object.entries(api.stages)) {
      for (const deploymentId of [stage.deploymentId, stage.canarySettings?.deploymentId]) {
        if (deploymentId === undefined || api.deployments[deploymentId] !== undefined) continue;
        yield { path: [...at, 'stages', name], message: `deployment ${deploymentId} does not exist` };
      }
      if (stage.webAclArn !== undefined && world.webAcls[stage.webAclArn] === undefined) {
        yield { path: [...at, 'stages', name, 'webAclArn'], message: `no web ACL ${stage.webAclArn} in webAcls` };
      }
    }
  }
}

function* restConfiguration(
  at: string[],
  configuration: RestConfiguration,
  deployed: boolean,
): Generator<Contradiction> {
  for (const [path, methods] of Object.entries(configuration.paths)) {
    for (const [httpMethod, method] of Object.entries(methods)) {
      const here = [...at, 'paths', path, httpMethod];
      if (method.authorizerId !== undefined && configuration.authorizers[method.authorizerId] === undefined) {
        yield { path: here, message: `authorizer ${method.authorizerId} does not exist` };
      }
      const { integration } = method;
      // CreateDeployment refuses "No integration defined for method".
      if (integration === undefined) {
        if (deployed) yield { path: here, message: 'is deployed without an integration' };
        continue;
      }
      if (integration.function !== undefined && integration.uri !== undefined) {
        yield { path: [...here, 'integration'], message: 'give either function or uri' };
      }
      if (integration.type !== 'MOCK' && integration.function === undefined && integration.uri === undefined) {
        yield { path: [...here, 'integration'], message: `type ${integration.type} needs a uri or a function` };
      }
    }
  }
}

function* v2Apis(world: World): Generator<Contradiction> {
  for (const kind of ['httpApis', 'webSocketApis'] as const) {
    for (const [id, api] of Object.entries(world[kind])) {
      yield* v2Configuration([kind, id], api.draft);
      for (const [deploymentId, deployment] of Object.entries(api.deployments)) {
        yield* v2Configuration([kind, id, 'deployments', deploymentId], deployment.configuration);
      }
      for (const [name, stage] of Object.entries(api.stages)) {
        if (stage.deploymentId === undefined || api.deployments[stage.deploymentId] !== undefined) continue;
        yield { path: [kind, id, 'stages', name], message: `deployment ${stage.deploymentId} does not exist` };
      }
    }
  }
}

function* v2Configuration(at: string[], configuration: V2Configuration): Generator<Contradiction> {
  for (const [key, route] of Object.entries(configuration.routes)) {
    const integrationId = route.target?.slice('integrations/'.length);
    if (integrationId !== undefined && configuration.integrations[integrationId] === undefined) {
      yield { path: [...at, 'routes', key, 'target'], message: `integration ${integrationId} does not exist` };
    }
    if (route.authorizerId !== undefined && configuration.authorizers[route.authorizerId] === undefined) {
      yield { path: [...at, 'routes', key], message: `authorizer ${route.authorizerId} does not exist` };
    }
  }
}

function* traffic(world: World): Generator<Contradiction> {
  for (const [label, flow] of Object.entries(world.traffic)) {
    const at = ['traffic', label];
    const api = world.restApis[flow.api] ?? world.httpApis[flow.api] ?? world.webSocketApis[flow.api];
    if (api === undefined) {
      yield { path: [...at, 'api'], message: `no API has the id ${flow.api}` };
      continue;
    }
    if (flow.stage === undefined && Object.keys(api.stages).length !== 1) {
      yield { path: [...at, 'stage'], message: `name the stage: ${flow.api} has not exactly one` };
      continue;
    }
    const target = targetOf(world, flow);
    if (target === undefined) {
      yield { path: [...at, 'stage'], message: `${flow.api} has no such deployed stage` };
      continue;
    }
    const known =
      target.type === 'REST'
        ? findRestMethod(target.configuration, flow.route) !== undefined
        : findRouteKey(target.configuration, flow.route) !== undefined;
    // A route that is not deployed is answered by API Gateway itself: 403 by REST APIs, 404 by HTTP APIs.
    if (!known && flow.status !== 403 && flow.status !== 404) {
      yield { path: [...at, 'route'], message: `${flow.route} is not deployed to ${target.stageName}` };
    }
    const name = flow.function?.name;
    if (name !== undefined && world.functions[name.split(':')[0] ?? ''] === undefined) {
      yield { path: [...at, 'function', 'name'], message: `no function is named ${name}` };
    }
    if (flow.waf !== undefined) {
      const acl = target.type === 'REST' ? world.webAcls[target.stage.webAclArn ?? ''] : undefined;
      if (acl === undefined) yield { path: [...at, 'waf'], message: `${target.stageName} has no web ACL` };
      else if (flow.waf.rule !== 'Default_Action' && acl.rules[flow.waf.rule] === undefined) {
        yield { path: [...at, 'waf', 'rule'], message: `the web ACL has no rule ${flow.waf.rule}` };
      }
    }
  }
}

function* roles(world: World): Generator<Contradiction> {
  for (const [name, role] of Object.entries(world.roles)) {
    for (const arn of [...role.attachedPolicies, ...(role.permissionsBoundary ? [role.permissionsBoundary] : [])]) {
      if (world.policies[arn] === undefined && awsManagedPolicy(arn) === null) {
        yield {
          path: ['roles', name],
          message: `policy ${arn} is neither in policies nor one of AWS's that are known`,
        };
      }
    }
  }
}

function* functions(world: World): Generator<Contradiction> {
  for (const [name, lambda] of Object.entries(world.functions)) {
    for (const [alias, { functionVersion }] of Object.entries(lambda.aliases)) {
      if (functionVersion !== '$LATEST' && lambda.versions[functionVersion] === undefined) {
        yield { path: ['functions', name, 'aliases', alias], message: `version ${functionVersion} does not exist` };
      }
    }
  }
}

function* alarms(world: World): Generator<Contradiction> {
  for (const [name, alarm] of Object.entries(world.alarms)) {
    const kinds = [alarm.metric, alarm.metrics, alarm.rule].filter(kind => kind !== undefined);
    if (kinds.length !== 1) yield { path: ['alarms', name], message: 'give one of metric, metrics or rule' };
    for (const child of alarm.children) {
      if (world.alarms[child] === undefined) yield { path: ['alarms', name], message: `alarm ${child} does not exist` };
    }
  }
}
