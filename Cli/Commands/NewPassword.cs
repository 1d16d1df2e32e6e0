using System.Text;
using System.Text.Unicode;
using Starling.Cli.Context;

namespace Starling.Cli.Commands;

internal static class NewPassword
{
    /// <exception cref="CliException">There is none, it is empty, or it was typed in two ways.</exception>
    public static string Read(string user, bool fromInput, CliContext context)
    {
        var password = fromInput ? FirstLine(context) : Ask(user, context);
        return string.IsNullOrEmpty(password) ? throw new CliException("an empty password is no password") : password;
    }

    /// <summary>As bytes: a reader of text would take a mark at the beginning for another encoding, and replace what is not UTF-8.</summary>
    private static string? FirstLine(CliContext context)
    {
        var bytes = new List<byte>();
        for (var next = context.Input.ReadByte(); next is not (-1 or '\n'); next = context.Input.ReadByte())
            bytes.Add((byte)next);
        if (bytes is [.., (byte)'\r'])
            bytes.RemoveAt(bytes.Count - 1);
        ReadOnlySpan<byte> line = bytes.ToArray();
        if (line.StartsWith(Encoding.UTF8.Preamble))
            line = line[Encoding.UTF8.Preamble.Length..];
        return Utf8.IsValid(line) ? Encoding.UTF8.GetString(line) : throw new CliException("the password is not UTF-8");
    }

    private static string? Ask(string user, CliContext context)
    {
        if (context.AskSecret is not { } ask)
            throw new CliException("there is no terminal to ask for the password; --password-stdin takes it from the standard input");
        var password = ask($"Password for {user}: ");
        if (!string.IsNullOrEmpty(password) && ask("The same again: ") != password)
            throw new CliException("the two passwords differ");
        return password;
    }
}
