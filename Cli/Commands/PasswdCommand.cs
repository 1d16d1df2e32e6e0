using System.CommandLine;
using Microsoft.AspNetCore.Identity;
using Starling.Broker.Tenants.Credentials;
using Starling.Broker.Tenants.Files;

namespace Starling.Cli.Commands;

/// <summary><c>starling passwd USER</c>: makes what the broker stores of a password.</summary>
internal sealed class PasswdCommand
{
    private readonly Argument<string> _user = new("USER") { Description = "The user the password is for." };

    private readonly Option<bool> _scram = new("--scram")
    {
        Description = "Make a SCRAM-SHA-256 credential (for MQTT 5 enhanced authentication) instead of a password hash.",
    };

    private readonly Option<int> _iterations = new("--iterations")
    {
        Description = $"Work to derive the SCRAM keys, {ScramCredential.MinimumIterations} to {ScramCredential.MaximumIterations}; the client has to do it at each login.",
        DefaultValueFactory = _ => ScramCredential.DefaultIterations,
    };

    private readonly Option<string?> _file = new("--file") { Description = "Write it into this tenants.json instead of printing it." };

    private readonly Option<string?> _tenant = new("--tenant") { Description = "The tenant of the user in that file." };

    private readonly Option<bool> _passwordStdin = new("--password-stdin") { Description = "Read the password from the first line of the standard input." };

    private readonly CliContext _context;

    private PasswdCommand(CliContext context) => _context = context;

    public static Command Create(CliContext context) => new PasswdCommand(context).Create();

    private Command Create()
    {
        var command = new Command("passwd", "Make the hash of a user's password: print it, or set it in a tenants file.")
        {
            _user, _scram, _iterations, _file, _tenant, _passwordStdin,
        };
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var (file, tenant) = (parsed.GetValue(_file), parsed.GetValue(_tenant));
        if (file is null != tenant is null)
            throw new CliException("--file and --tenant belong together", ExitCodes.Usage);
        var user = parsed.GetRequiredValue(_user);
        var iterations = parsed.GetValue(_iterations);
        if (iterations is < ScramCredential.MinimumIterations or > ScramCredential.MaximumIterations)
            throw new CliException($"--iterations goes from {ScramCredential.MinimumIterations} to {ScramCredential.MaximumIterations}", ExitCodes.Usage);
        var password = NewPassword.Read(user, parsed.GetValue(_passwordStdin), _context);
        var (member, value) = parsed.GetValue(_scram)
            ? ("scram", ScramOf(password, iterations))
            : ("passwordHash", new PasswordHasher<string>().HashPassword(user, password));
        if (file is null)
            _context.WriteLine(value);
        else
            Store(file, tenant!, user, member, value);
        return 0;
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

    private void Store(string file, string tenant, string user, string member, string value)
    {
        try
        {
            var edited = TenantsFileEditor.SetCredential(file, File.ReadAllBytes(file), tenant, user, member, value);
            AtomicFile.Replace(file, edited);
            _context.WriteLine($"{file}: {member} of user '{user}' of tenant '{tenant}' set");
        }
        catch (KeyNotFoundException error)
        {
            throw new CliException(error.Message);
        }
        catch (TenantsFileException mistakes)
        {
            throw new CliException($"left as it is: {mistakes.Errors[0]}");
        }
    }
}
