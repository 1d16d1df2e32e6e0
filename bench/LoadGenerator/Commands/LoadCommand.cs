using System.CommandLine;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Starling.LoadGenerator.Database;
using Starling.LoadGenerator.Results;
using Starling.LoadGenerator.Scenarios;
using Starling.LoadGenerator.Wire;

namespace Starling.LoadGenerator.Commands;

/// <summary><c>load</c>: drives a broker that runs already.</summary>
internal sealed class LoadCommand : Command
{
    private readonly Option<string> _scenario = new("--scenario")
    {
        Description = "Scenarios, such as a,b,idle; core for those with one letter; durable; all.",
        DefaultValueFactory = _ => "core",
    };

    private readonly Option<string> _broker = new("--broker") { Description = "Name of the broker in the results.", DefaultValueFactory = _ => "broker" };
    private readonly Option<string> _address = new("--address") { Description = "IP address of the broker.", DefaultValueFactory = _ => "127.0.0.1" };
    private readonly Option<int> _port = new("--port") { DefaultValueFactory = _ => 1883 };
    private readonly Option<int?> _tlsPort = new("--tls-port");
    private readonly Option<string?> _certificate = new("--certificate") { Description = "PEM file: the certificate that the broker has to show." };
    private readonly Option<int?> _receiversPort = new("--receivers-port") { Description = "Where receivers connect, if that is another node of the broker." };
    private readonly Option<int[]> _pid = new("--pid") { Description = "The broker's processes, for their CPU time and memory.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> _metrics = new("--metrics") { Description = "URL of the broker's metrics for Prometheus, for its garbage collections." };
    private readonly Option<string?> _database = new("--database") { Description = "Connection string of the broker's PostgreSQL database, to watch it." };
    private readonly Option<int?> _databasePid = new("--database-pid") { Description = "PostgreSQL's first process, for its CPU time." };
    private readonly Option<string?> _user = new("--user");
    private readonly Option<string?> _password = new("--password");

    private readonly Option<string> _mqtt = new("--mqtt") { Description = "3.1.1 or 5.", DefaultValueFactory = _ => "3.1.1" };
    private readonly Option<double> _seconds = new("--seconds") { Description = "Measured time.", DefaultValueFactory = _ => 3 };
    private readonly Option<double> _warmUp = new("--warmup") { Description = "Seconds before that.", DefaultValueFactory = _ => 2 };
    private readonly Option<int> _threads = new("--threads") { DefaultValueFactory = _ => 1 };
    private readonly Option<int> _outstanding = new("--outstanding")
    {
        Description = "Deliveries on their way, all together, that pace the publishers.",
        DefaultValueFactory = _ => 50_000,
    };

    private readonly Option<int?> _payload = new("--payload") { Description = "Bytes, instead of the scenario's." };
    private readonly Option<bool?> _wildcard = new("--wildcard") { Description = "Whether receivers subscribe with a wildcard, instead of the scenario's way." };
    private readonly Option<int?> _background = new("--background") { Description = "Subscriptions present that match nothing." };
    private readonly Option<uint?> _pause = new("--pause") { Description = "Microseconds between polls, instead of the scenario's." };
    private readonly Option<int?> _publishers = new("--publishers") { Description = "Publishers (in pairs, receivers as well)." };
    private readonly Option<int?> _receivers = new("--receivers") { Description = "Receivers of a fan-out." };
    private readonly Option<int?> _count = new("--count") { Description = "Connections, messages, or rows at once, of a scenario that has a number of them." };
    private readonly Option<double?> _rate = new("--rate") { Description = "Messages per second, instead of the scenario's." };
    private readonly Option<string?> _output = new("--output") { Description = "Folder for a JSON file per scenario: SCENARIO.BROKER.json." };
    private readonly Option<bool> _quiet = new("--quiet") { Description = "No table." };

    public LoadCommand()
        : base("load", "Drives a broker that runs already, and tells how it did.")
    {
        foreach (var option in new Option[]
        {
            _scenario, _broker, _address, _port, _receiversPort, _tlsPort, _certificate, _pid, _metrics, _database, _databasePid, _user, _password, _mqtt, _seconds, _warmUp,
            _threads, _outstanding, _payload, _wildcard, _background, _pause, _publishers, _receivers, _count, _rate, _output, _quiet,
        })
            Options.Add(option);
        _payload.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() < Stamp.Length)
                result.AddError($"--payload is at least {Stamp.Length} bytes");
        });
        _mqtt.AcceptOnlyFromAmong("3.1.1", "5");
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        using var database = parsed.GetValue(_database) is { } text ? DatabaseWatch.Open(text, parsed.GetValue(_databasePid)) : null;
        var options = Common(parsed) with { Database = database };
        List<Result> results = [];
        foreach (var scenario in Catalogue.Choose(parsed.GetRequiredValue(_scenario)).Select(scenario => Changed(scenario, parsed)))
        {
            var result = Runner.Run(scenario, options, TimeProvider.System);
            results.Add(result);
            if (parsed.GetValue(_output) is { } folder)
                ResultFile.Write(Path.Combine(folder, $"{scenario.Key}.{options.Broker}.json"), result);
        }

        if (!parsed.GetValue(_quiet))
        {
            foreach (var line in new ResultTable(baseline: null).Lines(results))
                Console.WriteLine(line);
        }

        return results.Any(result => result.Failure is not null) ? 1 : 0;
    }

    private LoadOptions Common(ParseResult parsed)
    {
        var address = IPAddress.Parse(parsed.GetRequiredValue(_address));
        return new LoadOptions
        {
            Broker = parsed.GetRequiredValue(_broker),
            EndPoint = new IPEndPoint(address, parsed.GetValue(_port)),
            TlsEndPoint = parsed.GetValue(_tlsPort) is { } port ? new IPEndPoint(address, port) : null,
            Certificate = parsed.GetValue(_certificate) is { } file ? X509CertificateLoader.LoadCertificateFromFile(file) : null,
            Pids = parsed.GetValue(_pid) ?? [],
            ReceiversEndPoint = parsed.GetValue(_receiversPort) is { } other ? new IPEndPoint(address, other) : null,
            Metrics = parsed.GetValue(_metrics) is { } url ? new Uri(url) : null,
            Login = new Login(parsed.GetValue(_mqtt) == "5" ? 5 : 4, parsed.GetValue(_user), parsed.GetValue(_password)),
            Threads = parsed.GetValue(_threads),
            WarmUp = TimeSpan.FromSeconds(parsed.GetValue(_warmUp)),
            Duration = TimeSpan.FromSeconds(parsed.GetValue(_seconds)),
            Outstanding = parsed.GetValue(_outstanding),
        };
    }

    private Scenario Changed(Scenario scenario, ParseResult parsed)
    {
        var publishers = scenario.Shape == Shape.FanOut ? 1 : parsed.GetValue(_publishers) ?? scenario.Publishers;
        return scenario with
        {
            Payload = parsed.GetValue(_payload) ?? scenario.Payload,
            Wildcard = parsed.GetValue(_wildcard) ?? scenario.Wildcard,
            Background = parsed.GetValue(_background) ?? scenario.Background,
            PauseMicroseconds = parsed.GetValue(_pause) ?? scenario.PauseMicroseconds,
            Publishers = publishers,
            Receivers = scenario.Shape switch
            {
                Shape.Pairs => publishers,
                Shape.FanOut => parsed.GetValue(_receivers) ?? scenario.Receivers,
                _ => 1,
            },
            Count = scenario.Count > 0 ? parsed.GetValue(_count) ?? scenario.Count : 0,
            Rate = parsed.GetValue(_rate) ?? scenario.Rate,
        };
    }
}
