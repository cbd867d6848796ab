import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const TEST = fileURLToPath(new URL('../', import.meta.url));

/** A file that does not exist, lying in test/. */
export interface VirtualFile {
  readonly name: string;
  readonly code: string;
}

export interface TypeProblem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/** A program of such files; `nestjs-broker` means lib/. */
export function programOf(files: readonly VirtualFile[]): ts.Program {
  const virtual = new Map(files.map(({ name, code }) => [TEST + name, code]));
  const options = readOptions();
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (path) => virtual.has(path) || disk.fileExists(path),
    readFile: (path) => virtual.get(path) ?? disk.readFile(path),
    getSourceFile: (path, target, ...rest) => {
      const code = virtual.get(path);
      return code === undefined
        ? disk.getSourceFile(path, target, ...rest)
        : ts.createSourceFile(path, code, target);
    },
  };
  return ts.createProgram([...virtual.keys()], options, host);
}

/** What the compiler has to say of the files in test/ that the program was made of. */
export function problemsOf(program: ts.Program, files: readonly VirtualFile[]): TypeProblem[] {
  return files.flatMap(({ name }) => {
    const source = program.getSourceFile(TEST + name);
    const found = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ];
    return found.map(({ messageText, start = 0 }) => ({
      file: name,
      line: (source?.getLineAndCharacterOfPosition(start).line ?? 0) + 1,
      message: ts.flattenDiagnosticMessageText(messageText, '\n'),
    }));
  });
}

/** The paths of all fields of an exported type, `rpc.timeout`; what `isLeaf` names is not looked into. */
export function fieldPaths(
  program: ts.Program,
  type: { readonly file: string; readonly name: string },
  isLeaf: (path: string) => boolean,
): string[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(TEST + type.file);
  const alias = source?.statements.find(ts.isTypeAliasDeclaration);
  if (alias?.name.text !== type.name) throw new Error(`${type.file} has no type ${type.name}`);
  const visit = (at: ts.Type, path: string): string[] => {
    const isText = (at.flags & ts.TypeFlags.Object) === 0;
    if (path !== '' && (isText || isLeaf(path))) return [path];
    return at.getProperties().flatMap((property) => {
      const inner = checker.getNonNullableType(checker.getTypeOfSymbol(property));
      return visit(inner, path === '' ? property.name : `${path}.${property.name}`);
    });
  };
  return visit(checker.getTypeFromTypeNode(alias.type), '');
}

function readOptions(): ts.CompilerOptions {
  const path = `${TEST}tsconfig.json`;
  const read = ts.readConfigFile(path, (file) => readFileSync(file, 'utf8'));
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, TEST);
  return {
    ...options,
    // readers import what they need; a snippet shows what matters
    emitDecoratorMetadata: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    verbatimModuleSyntax: false,
  };
}
