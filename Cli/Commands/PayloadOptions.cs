using System.Buffers;
using System.CommandLine;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using Starling.Cli.Context;

namespace Starling.Cli.Commands;

/// <summary>Where the payload of a published message comes from: exactly one of these.</summary>
internal sealed class PayloadOptions
{
    private readonly Option<string?> _message = new("--message", "-m") { Description = "The payload." };

    private readonly Option<string?> _file = new("--file", "-f") { Description = "Send this file as one payload." };

    private readonly Option<bool> _lines = new("--stdin-line", "-l") { Description = "Send each line of the standard input as a message." };

    private readonly Option<bool> _input = new("--stdin-file", "-s") { Description = "Send the whole standard input as one message." };

    private readonly Option<bool> _nothing = new("--null-message", "-n") { Description = "Send an empty payload." };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _message, _file, _lines, _input, _nothing })
            command.Options.Add(option);
    }

    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(ParseResult parsed, CliContext context, CancellationToken cancellation)
    {
        var (message, file) = (parsed.GetValue(_message), parsed.GetValue(_file));
        var (lines, input, nothing) = (parsed.GetValue(_lines), parsed.GetValue(_input), parsed.GetValue(_nothing));
        if (new[] { message is not null, file is not null, lines, input, nothing }.Count(given => given) != 1)
            throw new CliException("one of -m, -f, -l, -s and -n says what to send", ExitCodes.Usage);
        return lines ? LinesAsync(context.Input, cancellation) : OneAsync(message, file, input ? context.Input : null, cancellation);
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> OneAsync(
        string? message, string? file, Stream? input, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (message is not null)
            yield return Encoding.UTF8.GetBytes(message);
        else if (file is not null)
            yield return await File.ReadAllBytesAsync(file, cancellation);
        else if (input is null)
            yield return default;
        else
        {
            using var all = new MemoryStream();
            await input.CopyToAsync(all, cancellation);
            yield return all.ToArray();
        }
    }

    /// <summary>Lines as bytes, without their end (LF or CR LF); the last one needs none.</summary>
    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> LinesAsync(Stream input, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var reader = PipeReader.Create(input);
        while (true)
        {
            var result = await reader.ReadAsync(cancellation);
            var rest = result.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                yield return WithoutReturn(rest.Slice(0, end).ToArray());
                rest = rest.Slice(rest.GetPosition(1, end));
            }
            if (result.IsCompleted)
            {
                if (!rest.IsEmpty)
                    yield return rest.ToArray();
                yield break;
            }
            reader.AdvanceTo(rest.Start, rest.End);
        }
    }

    private static ReadOnlyMemory<byte> WithoutReturn(byte[] line) => line is [.., (byte)'\r'] ? line.AsMemory(0, line.Length - 1) : line;
}
