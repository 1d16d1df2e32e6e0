using System.Diagnostics;
using System.Net;
using Starling.Fuzzing;
using Starling.Fuzzing.Decoding;
using Starling.Fuzzing.Sessions;

if (FuzzArguments.Parse(args) is not { } arguments)
{
    Console.Error.WriteLine(FuzzArguments.Usage);
    return 2;
}
var watch = Stopwatch.StartNew();
bool GoesOn() => arguments.Time < TimeSpan.Zero || watch.Elapsed < arguments.Time;
return arguments.Mode == "decoder" ? Decoder() : await BrokerAsync();

int Decoder()
{
    var fuzzer = new DecoderFuzzer(arguments.Seed);
    var failures = 0;
    long done = 0;
    for (; done < arguments.Cases && failures < 10 && GoesOn(); done++)
    {
        if (fuzzer.Run(arguments.From + done) is not { } failure)
            continue;
        failures++;
        Console.WriteLine(failure);
    }
    Console.WriteLine($"{done} cases ({fuzzer.Decoded} valid, {fuzzer.Refused} refused), {failures} failed, {done / watch.Elapsed.TotalSeconds:F0} cases/s");
    return failures == 0 ? 0 : 1;
}

async Task<int> BrokerAsync()
{
    await using var broker = arguments.Port is null ? await FuzzBroker.StartAsync() : null;
    var fuzzer = new BrokerFuzzer(
        arguments.Seed, broker?.EndPoint ?? new IPEndPoint(IPAddress.Loopback, arguments.Port!.Value), () => broker?.Problems ?? []);
    var before = FuzzBroker.LiveBytes();
    var failures = await fuzzer.RunAsync(arguments.From, arguments.Cases, GoesOn);
    Console.WriteLine($"{(FuzzBroker.LiveBytes() - before) / 1024} KiB more are alive than before");
    foreach (var problem in broker?.Problems ?? [])
        Console.WriteLine(problem);
    foreach (var failure in failures)
        Console.WriteLine(failure);
    Console.WriteLine($"{fuzzer.Scenarios} scenarios, {fuzzer.Connections} connections, {failures.Count} failed, {fuzzer.Connections / watch.Elapsed.TotalSeconds:F0} connections/s");
    return failures.Count == 0 ? 0 : 1;
}
