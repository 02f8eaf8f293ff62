/**
 * Runs the steps of a Dockerfile where there is no container engine: each stage has a folder for its file system, and
 * absolute paths lie in there. The base image is what the machine has: Node, npm and a shell. Throws on what it does
 * not know.
 */
import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A registry that does not answer must not hold everything up. */
const stepMs = 200_000;

interface Instruction {
  name: string;
  /** Everything after the name, on one line. */
  text: string;
}

/** What the last stage is when all steps have run. */
export interface Image {
  /** The folder that stands for `/`. */
  root: string;
  workdir: string;
  /** Absolute paths among the values lie in `root`. */
  environment: Record<string, string>;
  user: string;
  volumes: string[];
  healthcheck: string[];
  /** Entry point and command together. */
  command: string[];
  /** Folders that a step gave to a user, by path in the image: no user of an image exists here. */
  owners: Record<string, string>;
}

export function parseDockerfile(text: string): Instruction[] {
  const lines = text
    .split('\n')
    .filter(line => !/^\s*#/.test(line))
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter(line => line.trim() !== '');
  return lines.map(line => {
    const [, name = '', rest = ''] = line.match(/^(\w+)\s+(.*)$/) ?? [];
    return { name, text: rest };
  });
}

/** Runs all stages below `folder`; `context` is what `docker build` is given. `environment`: what npm needs to know. */
export async function buildImage(context: string, folder: string, environment: NodeJS.ProcessEnv): Promise<Image> {
  const stages = new Map<string, Image>();
  const path = machine(folder, environment.PATH ?? '');
  let image: Image | null = null;
  for (const { name, text } of parseDockerfile(readFileSync(join(context, 'Dockerfile'), 'utf8'))) {
    if (name === 'FROM') {
      const [, , alias = 'last'] = text.match(/^(\S+)(?: AS (\S+))?$/) ?? [];
      image = emptyImage(join(folder, alias));
      stages.set(alias, image);
      continue;
    }
    if (image === null) throw new Error(`${name} comes before FROM.`);
    await step(image, { name, text }, context, stages, { ...environment, PATH: path });
  }
  if (image === null) throw new Error('The Dockerfile has no stage.');
  return image;
}

function emptyImage(root: string): Image {
  mkdirSync(root, { recursive: true });
  return { root, workdir: '/', environment: {}, user: 'root', volumes: [], healthcheck: [], command: [], owners: {} };
}

/** Node as the base image has it, and a `chown` that writes down what it was asked. */
function machine(folder: string, path: string): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  symlinkSync(process.execPath, join(bin, 'node'));
  writeFileSync(join(bin, 'chown'), '#!/bin/sh\necho "chown $*"\n');
  chmodSync(join(bin, 'chown'), 0o755);
  return [bin, path].join(delimiter);
}

async function step(
  image: Image,
  { name, text }: Instruction,
  context: string,
  stages: ReadonlyMap<string, Image>,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  const inside = (path: string) => join(image.root, isAbsolute(path) ? path : join(image.workdir, path));
  const localised = (words: string) => words.replace(/(?<=^|[\s=])\/(?=\w)/g, `${image.root}/`);
  switch (name) {
    case 'WORKDIR':
      image.workdir = text;
      mkdirSync(inside('.'), { recursive: true });
      return;
    case 'ENV':
      for (const [, key = '', value = ''] of text.matchAll(/(\w+)=(\S+)/g)) image.environment[key] = localised(value);
      return;
    case 'COPY':
      copy(text, inside, context, stages);
      return;
    case 'RUN': {
      const options = {
        cwd: inside('.'),
        timeout: stepMs,
        env: { ...environment, ...image.environment },
        maxBuffer: 2 ** 24,
      };
      const { stdout } = await run('/bin/sh', ['-c', localised(text)], options);
      for (const [, owner = '', path = ''] of stdout.matchAll(/^chown (\S+) (\S+)$/gm)) {
        image.owners[path.slice(image.root.length)] = owner;
      }
      return;
    }
    case 'USER':
      image.user = text;
      return;
    case 'VOLUME':
      image.volumes = JSON.parse(text);
      return;
    case 'HEALTHCHECK':
      image.healthcheck = execForm(text.replace(/^.*?CMD /, ''));
      return;
    case 'ENTRYPOINT':
    case 'CMD':
      image.command.push(...execForm(text));
      return;
    case 'EXPOSE':
      return;
    default:
      throw new Error(`No step ${name} is known here: teach it to this file.`);
  }
}

/** A command in shell form would put a shell between the engine and the program. */
function execForm(text: string): string[] {
  if (!text.startsWith('[')) throw new Error(`"${text}" must be in exec form, as a JSON list.`);
  return JSON.parse(text);
}

function copy(
  text: string,
  inside: (path: string) => string,
  context: string,
  stages: ReadonlyMap<string, Image>,
): void {
  const [, stage, paths = ''] = text.match(/^(?:--from=(\S+) )?(.*)$/) ?? [];
  const words = paths.split(' ');
  const target = inside(words.pop() ?? '');
  const source = stage === undefined ? context : stages.get(stage)?.root;
  if (source === undefined) throw new Error(`There is no stage ${stage}.`);
  const ignored = stage === undefined ? ignores(context) : () => false;
  for (const word of words) {
    const from = join(source, word);
    if (word === '.') {
      for (const entry of readdirSync(from).filter(one => !ignored(one))) {
        cpSync(join(from, entry), join(target, entry), { recursive: true, verbatimSymlinks: true });
      }
      continue;
    }
    // As Docker does: a folder's content goes into the target, a file goes by its name into a folder.
    const into = statSync(from).isDirectory() ? target : join(target, basename(word));
    mkdirSync(dirname(into), { recursive: true });
    cpSync(from, into, { recursive: true, verbatimSymlinks: true });
  }
}

/** Names at the top, with `*` for any text; nothing more is in our .dockerignore. */
function ignores(context: string): (name: string) => boolean {
  const patterns = readFileSync(join(context, '.dockerignore'), 'utf8').split('\n').filter(Boolean);
  const shapes = patterns.map(pattern => {
    if (/[/!?[\]]/.test(pattern)) throw new Error(`The pattern ${pattern} of .dockerignore is not known here.`);
    return new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
  });
  return name => shapes.some(shape => shape.test(name));
}
