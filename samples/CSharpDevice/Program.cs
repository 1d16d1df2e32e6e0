using System.Globalization;
using System.Runtime.InteropServices;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

// A thermometer with an LED: publishes a reading every two seconds, and switches the LED when it is told to.
const string Id = "csharp-thermometer";
const string Base = "devices/" + Id;
var host = args.Length > 0 ? args[0] : "localhost";
var port = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1883;

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

var options = new MqttClientOptionsBuilder()
    .WithTcpServer(host, port)
    .WithProtocolVersion(MqttProtocolVersion.V500)
    .WithClientId(Id)
    .WithCredentials("demo", "demo")
    // The broker publishes this when the device disappears without a goodbye.
    .WithWillTopic(Base + "/status").WithWillPayload("offline").WithWillRetain()
    .Build();
using var client = new MqttClientFactory().CreateMqttClient();
client.ApplicationMessageReceivedAsync += SwitchLedAsync;

while (!stop.IsCancellationRequested)
{
    try
    {
        if (!client.IsConnected)
            await ConnectAsync();
        var reading = (20 + Random.Shared.NextDouble() * 5).ToString("0.0", CultureInfo.InvariantCulture);
        await client.PublishStringAsync(Base + "/temperature", reading, MqttQualityOfServiceLevel.AtLeastOnce, cancellationToken: stop.Token);
        await Task.Delay(TimeSpan.FromSeconds(2), stop.Token);
    }
    catch (MqttCommunicationException problem)
    {
        Console.Error.WriteLine($"{problem.Message} Trying again.");
        await Task.Delay(TimeSpan.FromSeconds(2), stop.Token).ContinueWith(static _ => { }, TaskScheduler.Default);
    }
    catch (OperationCanceledException) when (stop.IsCancellationRequested)
    {
        // Ctrl-C: say goodbye below.
    }
}

if (client.IsConnected)
{
    await client.PublishStringAsync(Base + "/status", "offline", MqttQualityOfServiceLevel.AtLeastOnce, retain: true);
    await client.DisconnectAsync();
}

async Task ConnectAsync()
{
    await client.ConnectAsync(options, stop.Token);
    await client.SubscribeAsync(Base + "/led", MqttQualityOfServiceLevel.AtLeastOnce, stop.Token);
    await client.PublishStringAsync(Base + "/status", "online", MqttQualityOfServiceLevel.AtLeastOnce, retain: true, stop.Token);
    Console.WriteLine($"Connected to {host}:{port}.");
}

async Task SwitchLedAsync(MqttApplicationMessageReceivedEventArgs received)
{
    var state = received.ApplicationMessage.ConvertPayloadToString();
    Console.WriteLine($"LED {state}");
    await client.PublishStringAsync(Base + "/led/state", state, MqttQualityOfServiceLevel.AtLeastOnce, retain: true);
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
