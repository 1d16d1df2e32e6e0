using System.CommandLine;
using Microsoft.AspNetCore.Identity;
using Starling.Broker.Tenants.Credentials;
using Starling.Cli.Context;

namespace Starling.Cli.Commands;

/// <summary>Where a new password comes from, and what is made of it.</summary>
internal sealed class PasswordOptions(CliContext context)
{
    private readonly Option<bool> _scram = new("--scram")
    {
        Description = "Make a SCRAM-SHA-256 credential (for MQTT 5 enhanced authentication) instead of a password hash.",
    };

    private readonly Option<int> _iterations = new("--iterations")
    {
        Description = $"Work to derive the SCRAM keys, {ScramCredential.MinimumIterations} to {ScramCredential.MaximumIterations}; the client has to do it at each login.",
        DefaultValueFactory = _ => ScramCredential.DefaultIterations,
    };

    private readonly Option<bool> _passwordStdin = new("--password-stdin") { Description = "Read the password from the first line of the standard input." };

    public void AddTo(Command command)
    {
        command.Add(_scram);
        command.Add(_iterations);
        command.Add(_passwordStdin);
    }

    /// <summary>Whether any of these was given.</summary>
    public bool AreIn(ParseResult parsed) =>
        parsed.GetValue(_scram) || parsed.GetValue(_passwordStdin) || parsed.GetResult(_iterations) is { Implicit: false };

    /// <summary>The member of a user's definition to set, and its value.</summary>
    /// <exception cref="CliException">There is no password, or it can't be used.</exception>
    public (string Member, string Value) Read(ParseResult parsed, string user)
    {
        var iterations = parsed.GetValue(_iterations);
        if (iterations is < ScramCredential.MinimumIterations or > ScramCredential.MaximumIterations)
            throw new CliException($"--iterations goes from {ScramCredential.MinimumIterations} to {ScramCredential.MaximumIterations}", ExitCodes.Usage);
        var password = NewPassword.Read(user, parsed.GetValue(_passwordStdin), context);
        return parsed.GetValue(_scram)
            ? ("scram", ScramOf(password, iterations))
            : ("passwordHash", new PasswordHasher<string>().HashPassword(user, password));
    }

    private static string ScramOf(string password, int iterations)
    {
        try
        {
            return ScramCredential.Create(password, iterations).ToStoredForm();
        }
        catch (ArgumentException)
        {
            throw new CliException("the password has characters that SCRAM (SASLprep, RFC 4013) does not allow");
        }
    }
}
