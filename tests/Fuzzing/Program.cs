using System.Diagnostics;
using Starling.Fuzzing;
using Starling.Fuzzing.Decoding;

if (FuzzArguments.Parse(args) is not { } arguments)
{
    Console.Error.WriteLine(FuzzArguments.Usage);
    return 2;
}
var watch = Stopwatch.StartNew();
var fuzzer = new DecoderFuzzer(arguments.Seed);
var failures = 0;
long done = 0;
for (; done < arguments.Cases && failures < 10 && (arguments.Time < TimeSpan.Zero || watch.Elapsed < arguments.Time); done++)
{
    if (fuzzer.Run(arguments.From + done) is not { } failure)
        continue;
    failures++;
    Console.WriteLine(failure);
}
Console.WriteLine($"{done} cases ({fuzzer.Decoded} valid, {fuzzer.Refused} refused), {failures} failed, {done / watch.Elapsed.TotalSeconds:F0} cases/s");
return failures == 0 ? 0 : 1;
