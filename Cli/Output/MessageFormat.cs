using System.Buffers;
using System.Globalization;
using System.Text;
using Starling.Cli.Client;
using Starling.Cli.Context;

namespace Starling.Cli.Output;

/// <summary>How a received message is printed; the letters are those of mosquitto_sub's -F.</summary>
internal sealed class MessageFormat
{
    private readonly List<Action<IBufferWriter<byte>, ReceivedMessage, DateTimeOffset>> _parts = [];

    private MessageFormat()
    {
    }

    /// <exception cref="CliException">There is a letter that means nothing.</exception>
    public static MessageFormat Parse(string text, bool endOfLine)
    {
        var format = new MessageFormat();
        var literal = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
                literal.Append(Escape(text[++i]));
            else if (text[i] != '%')
                literal.Append(text[i]);
            else if (i + 1 == text.Length)
                throw new CliException("-F ends in the middle of a % sequence", ExitCodes.Usage);
            else if (text[++i] == '%')
                literal.Append('%');
            else
            {
                format.AddLiteral(literal);
                format.Add(text[i]);
            }
        }
        if (endOfLine)
            literal.Append('\n');
        format.AddLiteral(literal);
        return format;
    }

    public ReadOnlyMemory<byte> Print(ReceivedMessage message, DateTimeOffset now)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (var part in _parts)
            part(output, message, now);
        return output.WrittenMemory;
    }

    private void AddLiteral(StringBuilder text)
    {
        if (text.Length == 0)
            return;
        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        text.Clear();
        _parts.Add((output, _, _) => output.Write(bytes));
    }

    private void Add(char letter)
    {
        if (letter == 'p')
        {
            _parts.Add(static (output, message, _) => output.Write(message.Payload.Span));
            return;
        }
        if (letter is 'j' or 'J')
        {
            _parts.Add((output, message, now) => MessageJson.Write(output, message, now, payloadIsJson: letter == 'J'));
            return;
        }

        var field = Field(letter);
        _parts.Add((output, message, now) => output.Write(Encoding.UTF8.GetBytes(field(message, now) ?? "")));
    }

    private static Func<ReceivedMessage, DateTimeOffset, string?> Field(char letter) => letter switch
    {
        't' => static (message, _) => message.Topic,
        'x' => static (message, _) => Convert.ToHexStringLower(message.Payload.Span),
        'X' => static (message, _) => Convert.ToHexString(message.Payload.Span),
        'l' => static (message, _) => Number(message.Payload.Length),
        'q' => static (message, _) => Number((int)message.QoS),
        'r' => static (message, _) => message.Retain ? "1" : "0",
        'm' => static (message, _) => Number(message.PacketIdentifier),
        'I' => static (_, now) => now.ToString("yyyy-MM-ddTHH:mm:ssK", CultureInfo.InvariantCulture),
        'U' => static (_, now) => (now.ToUnixTimeMilliseconds() / 1000.0).ToString("F3", CultureInfo.InvariantCulture),
        'C' => static (message, _) => message.Properties.ContentType,
        'R' => static (message, _) => message.Properties.ResponseTopic,
        'D' => static (message, _) => message.Properties.CorrelationData is { } data ? Convert.ToHexStringLower(data.Span) : null,
        'E' => static (message, _) => message.Properties.MessageExpiryInterval is { } seconds ? Number(seconds) : null,
        'P' => static (message, _) => string.Join(' ', message.Properties.UserProperties.Select(property => $"{property.Name}:{property.Value}")),
        'S' => static (message, _) => string.Join(' ', message.Properties.SubscriptionIdentifiers.Select(id => Number(id))),
        _ => throw new CliException($"-F knows no %{letter}", ExitCodes.Usage),
    };

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Escape(char letter) => letter switch
    {
        'n' => "\n",
        't' => "\t",
        'r' => "\r",
        '0' => "\0",
        '\\' => "\\",
        _ => $"\\{letter}",
    };
}
