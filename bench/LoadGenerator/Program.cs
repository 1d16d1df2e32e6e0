using System.CommandLine;
using System.Data.Common;
using Starling.LoadGenerator.Commands;

var root = new RootCommand("Load generator for MQTT brokers: throughput, latency, CPU time and memory, and whether every message came once and in order.")
{
    new LoadCommand(),
    new EchoCommand(),
    new TableCommand(),
    new PageCommand(),
    new ListCommand(),
};

try
{
    return root.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is ArgumentException or FormatException or IOException or InvalidDataException or DbException)
{
    Console.Error.WriteLine($"LoadGenerator: {e.Message}");
    return 2;
}
