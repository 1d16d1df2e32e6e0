using System.Globalization;
using System.Net;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Fuzzing.Sessions;

/// <summary>Two clients that do nothing wrong, and must not suffer from those that do.</summary>
internal sealed class ControlPair(string name, MqttTestClient sender, MqttTestClient receiver) : IAsyncDisposable
{
    private int _sent;

    public static async Task<ControlPair> StartAsync(EndPoint endPoint, string name)
    {
        var sender = await MqttTestClient.OpenAsync(endPoint);
        var receiver = await MqttTestClient.OpenAsync(endPoint, ProtocolVersion.Mqtt311);
        (sender.Patience, receiver.Patience) = (TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30));
        await sender.ConnectAsync(name + "-s");
        await receiver.ConnectAsync(name + "-r");
        await receiver.SubscribeAsync($"control/{name}", QualityOfService.AtLeastOnce);
        return new(name, sender, receiver);
    }

    /// <summary>One message at QoS 1, from one to the other.</summary>
    /// <exception cref="FuzzException">It did not come, or something else did.</exception>
    public async Task ExchangeAsync()
    {
        var text = (++_sent).ToString(CultureInfo.InvariantCulture);
        try
        {
            await sender.PublishAsync($"control/{name}", text, QualityOfService.AtLeastOnce);
            var message = await receiver.ExpectMessageAsync();
            if (message.Text != text)
                throw new FuzzException($"the control client got '{message.Text}' and expected '{text}'");
        }
        catch (UnexpectedException exception)
        {
            throw new FuzzException($"the control clients suffer: {exception.Message}", exception);
        }
    }

    /// <summary>Removes what a scenario has left.</summary>
    public async Task ClearAsync(IEnumerable<string> retainedTopics)
    {
        foreach (var topic in retainedTopics)
            await sender.PublishAsync(topic, "", QualityOfService.AtMostOnce, retain: true);
    }

    public async ValueTask DisposeAsync()
    {
        await sender.DisposeAsync();
        await receiver.DisposeAsync();
    }
}
