/** A change of the compiled programs that takes one rule of the protocol out. */
export interface Mutation {
  readonly name: string;
  /** What of a module's text becomes what; each text occurs once. */
  readonly edits: readonly { readonly module: string; readonly from: string; readonly to: string }[];
  /** Why the model finds nothing without the rule, where it does not. */
  readonly isSuperfluous?: string;
}

const PLANS = 'runs/dist/plans.js';
const DELETE_SUPERSEDED = 'runs/dist/delete-superseded.js';
const CLOSING = 'runs/dist/closing.js';
const MANIFESTS = 'runs/dist/manifests.js';
const FAILURES = 'runs/dist/failures.js';
const REPAIR_RUN = 'runs/dist/repair-run.js';
const STRAY_KEYS = 'runs/dist/stray-keys.js';
const JOB_FIT = 'runs/dist/job-fit.js';
const CONVERT = 'converter/dist/convert-split.js';
const DOWNLOAD = 'downloader/dist/download.js';
const STORE = 'store/dist/store.js';
const SEED = 'seed/dist/seed-run.js';

function edit(name: string, module: string, from: string, to: string): Mutation {
  return { name, edits: [{ module, from, to }] };
}

/** A rule each, in the order of the decision record. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'keys of every other plan are deleted, by a plan that is not read again',
    edits: [
      {
        module: DELETE_SUPERSEDED,
        from: 'return id !== null && superseded.has(id);',
        to: 'return id !== null && id !== plan.planId;',
      },
      {
        module: DELETE_SUPERSEDED,
        from: 'count += (await deleteObsolete(store, run, batch, signal)).length;',
        to: 'await store.delete(batch, signal); count += batch.length;',
      },
    ],
  },
  {
    ...edit(
      'keys of every other plan than the one read are deleted',
      DELETE_SUPERSEDED,
      'return id !== null && superseded.has(id);',
      'return id !== null && id !== plan.planId;',
    ),
    isSuperfluous: 'the plan is read after the keys were listed: all of them are of that plan or of earlier ones',
  },
  edit(
    "a plan supersedes its predecessor, without the predecessor's list",
    PLANS,
    '[...there.value.supersedes, there.value.planId]',
    '[there.value.planId]',
  ),
  edit(
    'keys tell nothing of earlier plans',
    PLANS,
    '[...known, ...[...ids].filter((id) => !known.includes(id)).sort()]',
    'known',
  ),
  edit(
    'the plan is written without a condition',
    PLANS,
    'store.putJson(key, made, replacing(there))',
    'store.putJson(key, made)',
  ),
  edit(
    'a seed does not look whether its plan was superseded',
    SEED,
    'await checkPlanIsCurrent(cloud.store, plan);',
    '',
  ),
  edit(
    'a repair deletes unexpected keys without reading the plan again',
    REPAIR_RUN,
    'if ((await loadPlan(store, plan.run, signal))?.planId !== plan.planId) {',
    'if (false) {',
  ),
  edit(
    'a repair deletes raw objects that its record does not name without writing the record again',
    REPAIR_RUN,
    'if (!(await writeRawRecord(store, swept, replacing(there), signal)))',
    'if (false)',
  ),
  edit(
    'a repair deletes raw objects by the record that it verified',
    REPAIR_RUN,
    'keys.push(...ofFile.filter((key) => key !== rawKeyOf(swept)));',
    'keys.push(...ofFile);',
  ),
  edit(
    'a repair deletes keys that a doubtful record does not explain',
    STRAY_KEYS,
    "kind: 'doubtful'",
    "kind: 'unexpected'",
  ),
  edit('attempts of a download share one key', DOWNLOAD, 'attemptId = randomUUID();', "attemptId = '00000000';"),
  edit(
    'the raw object record is written without a condition',
    DOWNLOAD,
    'writeRawRecord(store, record, replacing(there), signal)',
    'writeRawRecord(store, record, {}, signal)',
  ),
  {
    name: 'a download again may have other bytes',
    edits: [
      { module: DOWNLOAD, from: '(known?.result ?? null)', to: 'null' },
      { module: DOWNLOAD, from: 'const result = known?.result ?? {', to: 'const result = {' },
    ],
  },
  edit(
    'a repair of a lost record does not look at receipts',
    DOWNLOAD,
    'isLost ? await objectOfReceipts(store, plan, job.file, signal)',
    'isLost ? null',
  ),
  edit(
    'a download takes its own record, whose answer was lost, for that of another',
    DOWNLOAD,
    "winner.state === 'valid' && winner.value.attempt.id === record.attempt.id",
    'false',
  ),
  edit(
    'a download does not read the plan again after its record',
    DOWNLOAD,
    'if (ensured.isWritten && (await loadPlan(store, job.run, signal))?.planId !== plan.planId) {',
    'if (false) {',
  ),
  {
    name: 'a download reads the plan again before its record, and not after it',
    edits: [
      {
        module: DOWNLOAD,
        from: 'if (ensured.isWritten && (await loadPlan(store, job.run, signal))?.planId !== plan.planId) {',
        to: 'if (false) {',
      },
      {
        module: DOWNLOAD,
        from: 'const record = await fetchToStore(parts, plan, job, known, fixed, repair, context);',
        to:
          'const record = await fetchToStore(parts, plan, job, known, fixed, repair, context); ' +
          'if ((await loadPlan(store, job.run, signal))?.planId !== plan.planId) { ' +
          "await deleteRawObject(store, record, signal); throw new Error('superseded'); }",
      },
    ],
  },
  {
    name: 'a repair enqueues before it revokes',
    edits: [
      {
        module: DOWNLOAD,
        from: 'await beginRepair(store, plan, repair, there.value, signal);\n    return true;',
        to: 'return false;',
      },
      { module: DOWNLOAD, from: 'await beginRepair(store, plan, job.repair, record, signal);', to: ';' },
      {
        module: DOWNLOAD,
        from: 'const missing = await splitsToConvert(store, plan, record, isNew, signal);',
        to:
          'const missing = job.repair === null ? await splitsToConvert(store, plan, record, isNew, signal) : ' +
          'splitsOf(record.result.size, record.result.splitBytes).filter(({ index }) => ' +
          "job.repair.splits === 'all' || job.repair.splits.includes(index)).map((split) => ({ split, repair: job.repair.id }));",
      },
      {
        module: DOWNLOAD,
        from: 'await parts.converts.sendAll(jobs.map(serializeJob), signal);',
        to:
          'await parts.converts.sendAll(jobs.map(serializeJob), signal); ' +
          'if (job.repair !== null) await beginRepair(store, plan, job.repair, record, signal);',
      },
    ],
  },
  {
    name: "a repair revokes the run's manifest before the file's",
    edits: [
      {
        module: MANIFESTS,
        from: 'await revoke(store, fileManifestKey(plan.run, plan.planId, file), fileManifestSchema, repair, signal);',
        to: 'await revoke(store, runManifestKey(plan.run, plan.planId), runManifestSchema, null, signal);/**/',
      },
      {
        module: MANIFESTS,
        from: '\n    await revoke(store, runManifestKey(plan.run, plan.planId), runManifestSchema, null, signal);\n',
        to: '\n    await revoke(store, fileManifestKey(plan.run, plan.planId, file), fileManifestSchema, repair, signal);\n',
      },
    ],
  },
  edit(
    "a repair does not revoke the run's manifest",
    MANIFESTS,
    'await revoke(store, runManifestKey(plan.run, plan.planId), runManifestSchema, null, signal);',
    '',
  ),
  edit(
    'a repair writes no revoked manifest of a file where none was there',
    MANIFESTS,
    'const value = there.state',
    "if (there.state === 'absent' && repair !== null) return; const value = there.state",
  ),
  edit(
    'a repair writes no revoked manifest of the run where none was there',
    MANIFESTS,
    'const value = there.state',
    "if (there.state === 'absent' && repair === null) return; const value = there.state",
  ),
  edit(
    'a second repair replaces what the first one waits for',
    MANIFESTS,
    "value?.state === 'revoked' ? value.repairs : []",
    '[]',
  ),
  edit(
    'a closer reads the manifest after the receipts',
    CLOSING,
    'const verdict = await readFile(store, plan, file, record, there, signal, guessed);',
    'const verdict = await readFile(store, plan, file, record, there, signal, guessed); ' +
      'if (guessed === undefined) Object.assign(there, await storedFileManifest(store, plan, file.file, signal));',
  ),
  edit(
    "a file's manifest is written without a condition",
    CLOSING,
    'const manifest = fileManifestSchema.parse(sealManifest(verdict, closedNow()));\n            if (!(await store.putJson(key, manifest, replacing(there), signal)))',
    'const manifest = fileManifestSchema.parse(sealManifest(verdict, closedNow()));\n            if (!(await store.putJson(key, manifest, {}, signal)))',
  ),
  edit(
    "a run's manifest is written without a condition",
    CLOSING,
    'closedNow()));\n        if (!(await store.putJson(key, manifest, replacing(there), signal)))',
    'closedNow()));\n        if (!(await store.putJson(key, manifest, {}, signal)))',
  ),
  edit(
    'a closer takes receipts that do not name the repair',
    CLOSING,
    'if (!isAnswered(receipt.value, split.index, pending))',
    'if (false)',
  ),
  {
    ...edit(
      'a closer of the run does not read the plan again',
      CLOSING,
      'if ((await loadPlan(store, plan.run, signal))?.planId !== plan.planId)',
      'if (false)',
    ),
    isSuperfluous: 'it would close a superseded run under keys that nobody reads',
  },
  edit(
    'a receipt is written without a condition',
    CONVERT,
    'store.putJson(key, receipt, replacing(there), signal)',
    'store.putJson(key, receipt, {}, signal)',
  ),
  edit('a receipt names only the repairs of its own job', CONVERT, '[...made.repairs, ...others]', 'made.repairs'),
  edit(
    'a dropped job deletes nothing',
    CONVERT,
    'if (plan !== null)\n            await deleteConversion(store, job, signal);',
    '',
  ),
  edit(
    'a converter does not read the plan after its last write',
    CONVERT,
    'if ((await loadPlan(store, job.run, signal))?.planId === job.planId)',
    'if (true)',
  ),
  edit(
    'a repair does not delete what the split does not have',
    CONVERT,
    'await deleteUnwritten(store, plan, result, signal);',
    ';',
  ),
  edit('a convert job is not compared with the plan', CONVERT, 'splitOfConvert(plan, record, job);', ''),
  edit(
    'a download job is not compared with the plan',
    JOB_FIT,
    "checkSame('path, size, checksum', job.file, [file.path, file.size, file.checksum], [path, size, checksum]);",
    '',
  ),
  edit(
    'a worker of another build converts all the same',
    JOB_FIT,
    'if (isSame && (fixed === null || fixed === compressor))',
    'if (true)',
  ),
  edit(
    'a damaged read is taken for a damaged object',
    STORE,
    'const MAX_MALFORMED_READS = 4;',
    'const MAX_MALFORMED_READS = 1;',
  ),
  edit('a failure is marked as retried without a condition', FAILURES, '{ ifMatch: failure.etag }', '{}'),
  {
    ...edit(
      'a batch of deletes does not read the plan again',
      DELETE_SUPERSEDED,
      'count += (await deleteObsolete(store, run, batch, signal)).length;',
      'await store.delete(batch, signal); count += batch.length;',
    ),
    isSuperfluous: 'the list of an earlier plan is contained in that of every later one: what it names stays obsolete',
  },
];
