using System.Text;
using Starling.Cli.Context;
using Starling.Protocol;

namespace Starling.Cli.Commands;

/// <summary>Values of the command line that MQTT has rules for.</summary>
internal static class Input
{
    public static QualityOfService QoS(int number, string option) => number is >= 0 and <= 2
        ? (QualityOfService)number
        : throw new CliException($"{option} is 0, 1 or 2, not {number}", ExitCodes.Usage);

    public static string TopicName(string topic) => TopicNames.IsValid(Encoding.UTF8.GetBytes(topic))
        ? topic
        : throw new CliException($"'{topic}' is no topic to publish to: it is empty, too long or has a wildcard", ExitCodes.Usage);

    public static string TopicFilter(string filter)
    {
        try
        {
            TopicFilters.Validate(filter);
            return filter;
        }
        catch (MqttProtocolException error)
        {
            throw new CliException($"'{filter}' can't be subscribed to: {error.Message}", ExitCodes.Usage);
        }
    }

    /// <summary>More than none, at most a day.</summary>
    public static TimeSpan Seconds(double seconds, string option) => seconds is > 0 and <= 86_400
        ? TimeSpan.FromSeconds(seconds)
        : throw new CliException($"{option} is a number of seconds, more than 0 and at most 86400", ExitCodes.Usage);

    /// <summary><c>name=value</c>.</summary>
    public static UserProperty UserProperty(string text) => text.Split('=', 2) is [var name, var value]
        ? new(name, value)
        : throw new CliException($"--user-property is name=value, not '{text}'", ExitCodes.Usage);
}
