using System.CommandLine;
using Starling.Broker.Tenants.Files;
using Starling.Cli.Context;

namespace Starling.Cli.Commands;

/// <summary><c>starling passwd USER</c>: makes what the broker stores of a password.</summary>
internal sealed class PasswdCommand
{
    private readonly Argument<string> _user = new("USER") { Description = "The user the password is for." };

    private readonly PasswordOptions _password;

    private readonly Option<string?> _file = new("--file") { Description = "Write it into this tenants.json instead of printing it." };

    private readonly Option<string?> _tenant = new("--tenant") { Description = "The tenant of the user in that file." };

    private readonly CliContext _context;

    private PasswdCommand(CliContext context)
    {
        _context = context;
        _password = new(context);
    }

    public static Command Create(CliContext context) => new PasswdCommand(context).Create();

    private Command Create()
    {
        var command = new Command("passwd", "Make the hash of a user's password: print it, or set it in a tenants file.")
        {
            _user, _file, _tenant,
        };
        _password.AddTo(command);
        command.SetAction(Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var (file, tenant) = (parsed.GetValue(_file), parsed.GetValue(_tenant));
        if (file is null != tenant is null)
            throw new CliException("--file and --tenant belong together", ExitCodes.Usage);
        var user = parsed.GetRequiredValue(_user);
        var (member, value) = _password.Read(parsed, user);
        if (file is null)
            _context.WriteLine(value);
        else
            Store(file, tenant!, user, member, value);
        return 0;
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
