import { readFileSync } from 'node:fs';

// loaded before a program, to say when it ends how much memory it had at most, in KiB (its threads say so too)
process.on('exit', () => process.stderr.write(`peak ${peakKilobytes()}\n`));

function peakKilobytes(): number {
  try {
    // Linux counts into maxRSS what the process was forked from
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
}
