using System.Globalization;
using Starling.EndToEnd.Tests.Harness;
using Starling.Testing;

namespace Starling.Samples.Tests;

/// <summary>The devices that run on this machine, each as its README starts it.</summary>
public sealed class DeviceSampleTests(SampleBroker broker)
{
    [Fact]
    public Task The_device_in_csharp_reports_obeys_and_says_goodbye() =>
        ReportsObeysAndSaysGoodbyeAsync("csharp-thermometer", "dotnet", CSharpDevice);

    [Fact]
    public Task The_device_in_csharp_is_reported_offline_when_it_is_killed() =>
        IsReportedOfflineWhenKilledAsync("csharp-thermometer", "dotnet", CSharpDevice);

    [Fact]
    public Task The_device_in_python_reports_obeys_and_says_goodbye() =>
        ReportsObeysAndSaysGoodbyeAsync("python-thermometer", Sample.PythonWithPaho(), PythonDevice);

    [Fact]
    public Task The_device_in_python_is_reported_offline_when_it_is_killed() =>
        IsReportedOfflineWhenKilledAsync("python-thermometer", Sample.PythonWithPaho(), PythonDevice);

    private static string CSharpDevice => Sample.Built("CSharpDevice");

    private static string PythonDevice => Path.Combine(Installation.Root, "samples", "PythonDevice", "device.py");

    private async Task ReportsObeysAndSaysGoodbyeAsync(string id, string program, string file)
    {
        await using var observer = await SampleBroker.ObserveAsync(broker.EndPoint, $"devices/{id}/#");
        await using var device = Start(program, file);

        await MessageAsync(observer, $"devices/{id}/status", "online");
        var reading = await MessageAsync(observer, $"devices/{id}/temperature");
        double.Parse(reading, CultureInfo.InvariantCulture).ShouldBeInRange(20, 25);

        await observer.PublishAsync($"devices/{id}/led", "on");
        await MessageAsync(observer, $"devices/{id}/led/state", "on");

        await device.SignalAsync("INT");
        await MessageAsync(observer, $"devices/{id}/status", "offline");
        await device.SucceedAsync();
    }

    private async Task IsReportedOfflineWhenKilledAsync(string id, string program, string file)
    {
        await using var observer = await SampleBroker.ObserveAsync(broker.EndPoint, $"devices/{id}/status");
        await using var device = Start(program, file);
        await MessageAsync(observer, $"devices/{id}/status", "online");

        await device.KillAsync();

        await MessageAsync(observer, $"devices/{id}/status", "offline");
    }

    private ChildProcess Start(string program, string file) =>
        ChildProcess.Start(program, [file, "127.0.0.1", broker.EndPoint.Port.ToString(CultureInfo.InvariantCulture)]);

    /// <summary>Takes messages until one has this topic, and this payload when one is given.</summary>
    private static async Task<string> MessageAsync(MqttTestClient observer, string topic, string? payload = null)
    {
        while (true)
        {
            var message = await observer.ExpectMessageAsync();
            var text = message.Text;
            if (message.Topic == topic && (payload is null || text == payload))
                return text;
        }
    }
}
