using System.Text;
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

    private static string? FirstLine(CliContext context)
    {
        try
        {
            using var reader = new StreamReader(context.Input, new UTF8Encoding(false, throwOnInvalidBytes: true));
            return reader.ReadLine();
        }
        catch (DecoderFallbackException)
        {
            throw new CliException("the password is not UTF-8");
        }
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
