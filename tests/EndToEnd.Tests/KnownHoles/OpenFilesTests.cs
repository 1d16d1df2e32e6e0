using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Starling.EndToEnd.Tests.Harness;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.EndToEnd.Tests.KnownHoles;

/// <summary>More connections than the process may have files.</summary>
public sealed class OpenFilesTests
{
    private const int Files = 400;

    [Fact]
    public async Task Silent_connections_take_no_file_that_management_and_logins_need()
    {
        await using var broker = await BrokerProcess.StartAsync(new BrokerSetup { OpenFiles = Files });
        (await broker.LogLineAsync("Fewer connections than the settings allow")).ShouldContain($"may open {Files} files");
        var silent = new List<Socket>();
        for (var i = 0; i < 600; i++)
            silent.Add(await OpenAsync(broker, IPAddress.Parse($"127.0.0.{2 + (i % 12)}")));

        await ShouldLogInAsync(broker);
        (await SampleAsync(broker, "starling_accept_failures_total")).ShouldBe(0);
        (await SampleAsync(broker, "starling_listener_half_open")).ShouldBeLessThan(Files / 2);
        foreach (var socket in silent)
            socket.Dispose();
        await ShouldBecomeReadyAsync(broker);
        await ShouldLogInAsync(broker);
    }

    [Fact]
    public async Task Broker_without_file_descriptors_waits_refuses_and_recovers()
    {
        await using var broker = await BrokerProcess.StartAsync();
        await ShouldLogInAsync(broker);
        // As if something else in the process had opened them: what it has is all there is.
        await LimitAsync(broker, HighestFile(broker) + 1);
        var open = new List<Socket>();
        var before = broker.Figures.ProcessorTime;
        while (!await IsRefusedAsync(broker, open))
            open.Count.ShouldBeLessThan(1000);

        (await broker.LogLineAsync("Connections cannot be accepted")).ShouldContain("ulimit -n");
        (broker.Figures.ProcessorTime - before).ShouldBeLessThan(TimeSpan.FromSeconds(2));
        await LimitAsync(broker, 1000);
        await ShouldLogInAsync(broker);
        (await SampleAsync(broker, "starling_accept_failures_total")).ShouldBeGreaterThan(0);
        using (var ready = await broker.GetAsync("/readyz"))
            (await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("want of file descriptors");
        foreach (var socket in open)
            socket.Dispose();
    }

    /// <summary>Opens a connection: either it is closed, or the next one is opened beside it.</summary>
    private static async Task<bool> IsRefusedAsync(BrokerProcess broker, List<Socket> open)
    {
        open.Add(await OpenAsync(broker, IPAddress.Loopback));
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        try
        {
            return await open[^1].ReceiveAsync(new byte[1], patience.Token) == 0;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static int HighestFile(BrokerProcess broker) =>
        Directory.EnumerateFileSystemEntries($"/proc/{broker.ProcessId}/fd").Max(file => int.Parse(Path.GetFileName(file), CultureInfo.InvariantCulture));

    private static async Task<Socket> OpenAsync(BrokerProcess broker, IPAddress from)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(from, 0));
        await socket.ConnectAsync(broker.EndPoint("tcp"), TestContext.Current.CancellationToken);
        return socket;
    }

    private static async Task ShouldLogInAsync(BrokerProcess broker)
    {
        await using var client = Target.Patient(await MqttTestClient.OpenAsync(broker.EndPoint("tcp")));
        (await client.ConnectAsync(Target.Login("client"))).ReasonCode.ShouldBe(ReasonCode.Success);
    }

    private static async Task<double> SampleAsync(BrokerProcess broker, string series)
    {
        using var answer = await broker.GetAsync("/metrics");
        var line = (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))
            .Split('\n').FirstOrDefault(line => line.StartsWith(series + " ", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture);
    }

    private static async Task ShouldBecomeReadyAsync(BrokerProcess broker)
    {
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (await looks.WaitForNextTickAsync(TestContext.Current.CancellationToken))
        {
            using var answer = await broker.GetAsync("/readyz");
            if (answer.StatusCode == HttpStatusCode.OK)
                return;
        }
    }

    /// <summary>Changes the limit of a process that runs; what it has open stays open.</summary>
    private static async Task LimitAsync(BrokerProcess broker, int files)
    {
        using var prlimit = Process.Start("prlimit", ["--pid", broker.ProcessId.ToString(CultureInfo.InvariantCulture), $"--nofile={files}:20000"]);
        await prlimit.WaitForExitAsync(TestContext.Current.CancellationToken);
        prlimit.ExitCode.ShouldBe(0);
    }
}
