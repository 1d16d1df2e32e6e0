using Microsoft.AspNetCore.Identity;
using Starling.Broker.Tenants.Credentials;
using Starling.Broker.Tenants.Files;
using Starling.Cli.Context;

namespace Starling.Cli.Tests;

public sealed class PasswdTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("passwd").FullName;
    private readonly string _file;

    public PasswdTests() => _file = Path.Combine(_folder, "tenants.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_printed_hash_fits_the_password()
    {
        var run = await Cli.RunWithAsync("secret\n", null, "passwd", "--password-stdin", "ann");

        run.ExitCode.ShouldBe(0);
        Verify(run.Output.Trim(), "secret").ShouldBeTrue();
    }

    [Fact]
    public async Task The_printed_SCRAM_credential_has_the_asked_iterations()
    {
        var run = await Cli.RunWithAsync("secret", null, "passwd", "--scram", "--iterations", "5000", "--password-stdin", "ann");

        ScramCredential.TryParse(run.Output.Trim(), out var credential, out _).ShouldBeTrue();
        credential!.Iterations.ShouldBe(5000);
    }

    [Fact]
    public async Task A_password_is_asked_for_twice()
    {
        var prompts = new List<string>();

        var run = await Cli.RunWithAsync("", prompt => { prompts.Add(prompt); return "secret"; }, "passwd", "ann");

        run.ExitCode.ShouldBe(0);
        prompts.ShouldBe(["Password for ann: ", "The same again: "]);
        Verify(run.Output.Trim(), "secret").ShouldBeTrue();
    }

    [Fact]
    public async Task Two_different_answers_or_none_are_an_error()
    {
        var answers = new Queue<string>(["one", "two"]);
        (await Cli.RunWithAsync("", _ => answers.Dequeue(), "passwd", "ann")).Error.ShouldBe($"starling: the two passwords differ{Environment.NewLine}");
        (await Cli.RunWithAsync("", _ => "", "passwd", "ann")).Error.ShouldContain("an empty password");
        (await Cli.RunWithAsync("\n", null, "passwd", "--password-stdin", "ann")).Error.ShouldContain("an empty password");
        (await Cli.RunWithAsync("", null, "passwd", "ann")).Error.ShouldContain("--password-stdin");
    }

    [Theory]
    [InlineData("73FF")]
    [InlineData("73C3")]
    [InlineData("FFFE730065000A00")]
    [InlineData("C080")]
    public async Task A_password_that_is_not_UTF8_is_refused(string hex)
    {
        await using var error = new StringWriter();
        var context = new CliContext { Input = new MemoryStream(Convert.FromHexString(hex)), Output = new MemoryStream(), Error = error };

        (await StarlingCommand.RunAsync(["passwd", "--password-stdin", "ann"], context, TestContext.Current.CancellationToken)).ShouldBe(1);

        error.ToString().ShouldBe($"starling: the password is not UTF-8{Environment.NewLine}");
    }

    [Fact]
    public async Task A_user_is_added_to_a_file_of_which_all_else_stays()
    {
        const string Before = """
            {
              // who may do what
              "tenants": {
                "demo": {
                  "users": {
                    "old": { "certificates": ["CN=old"] }, // stays
                  },
                },
              }
            }
            """;

        var edited = await EditAsync(Before, "ann");

        var line = edited.Split('\n').Single(text => text.Contains("\"ann\"", StringComparison.Ordinal));
        line.ShouldStartWith("        \"ann\": { \"passwordHash\": \"");
        edited.Replace(",\n" + line, ", // stays", StringComparison.Ordinal).ShouldBe(Before);
    }

    [Theory]
    [InlineData("""{"tenants":{"demo":{}}}""")]
    [InlineData("""{ "tenants": { "demo": { "anonymous": false } } }""")]
    [InlineData("""{ "tenants": { "demo": { "users": {} } } }""")]
    [InlineData("""{ "tenants": { "demo": { "users": { /* none */ } } } }""")]
    [InlineData("""{ "tenants": { "demo": { "users": { "ann": { "certificates": ["CN=x"] } } } } }""")]
    [InlineData("{\r\n  \"tenants\": {\r\n    \"demo\": {\r\n      \"acl\": [],\r\n    }\r\n  }\r\n}\r\n")]
    public async Task A_credential_finds_its_place_whatever_the_file_looks_like(string before)
    {
        var edited = await EditAsync(before, "ann");

        edited.Length.ShouldBeGreaterThan(before.Length);
        Read().Single(user => user.Name == "ann").PasswordHash.ShouldNotBeNull();
        edited.Contains('\r').ShouldBe(before.Contains('\r'));
        edited.Replace("\r\n", "", StringComparison.Ordinal).ShouldNotContain(before.Contains('\r') ? "\n" : "\r");
    }

    [Fact]
    public async Task A_second_password_replaces_the_first_and_only_that()
    {
        var first = await EditAsync("""{ "tenants": { "demo": { "users": { "bob": { "certificates": ["CN=b"] } } } } }""", "ann");
        var before = Read().Single(user => user.Name == "ann").PasswordHash!;

        var run = await Cli.RunWithAsync("other", null, "passwd", "--password-stdin", "--file", _file, "--tenant", "demo", "ann");

        run.ExitCode.ShouldBe(0);
        var after = Read().Single(user => user.Name == "ann").PasswordHash!;
        Verify(after, "other").ShouldBeTrue();
        (await File.ReadAllTextAsync(_file, TestContext.Current.CancellationToken)).ShouldBe(first.Replace(before, after, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Names_with_quotes_and_other_letters_are_written_so_that_they_are_read_back()
    {
        await EditAsync("""{ "tenants": { "demo": {} } }""", "än\"n\\");

        Read().ShouldHaveSingleItem().Name.ShouldBe("än\"n\\");
    }

    [Theory]
    [InlineData("passwordHash", "--password-stdin")]
    [InlineData("scram", "--scram")]
    public async Task A_placeholder_is_replaced(string member, string option)
    {
        await File.WriteAllTextAsync(
            _file, $$$"""{ "tenants": { "demo": { "users": { "ann": { "{{{member}}}": "CHANGE ME" } } } } }""", TestContext.Current.CancellationToken);
        string[] options = option == "--scram" ? ["--scram", "--password-stdin"] : ["--password-stdin"];

        var run = await Cli.RunWithAsync("secret", null, ["passwd", .. options, "--file", _file, "--tenant", "demo", "ann"]);

        run.Error.ShouldBeEmpty();
        (await File.ReadAllTextAsync(_file, TestContext.Current.CancellationToken)).ShouldNotContain("CHANGE ME");
        Read().ShouldHaveSingleItem().Name.ShouldBe("ann");
    }

    [Fact]
    public async Task A_placeholder_of_somebody_else_is_a_mistake()
    {
        const string Before = """{ "tenants": { "demo": { "users": { "ann": { "passwordHash": "x" }, "bob": { "passwordHash": "x" } } } } }""";
        await File.WriteAllTextAsync(_file, Before, TestContext.Current.CancellationToken);

        (await Cli.RunWithAsync("secret", null, "passwd", "--password-stdin", "--file", _file, "--tenant", "demo", "ann")).ExitCode.ShouldBe(1);

        (await File.ReadAllTextAsync(_file, TestContext.Current.CancellationToken)).ShouldBe(Before);
    }

    [Fact]
    public async Task The_owner_stays_when_root_sets_a_password()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "only root can give a file to somebody else");
        await File.WriteAllTextAsync(_file, """{ "tenants": { "demo": {} } }""", TestContext.Current.CancellationToken);
        await ProcessAsync("chown", "12345:23456", _file);

        (await Cli.RunWithAsync("secret", null, "passwd", "--password-stdin", "--file", _file, "--tenant", "demo", "ann")).ExitCode.ShouldBe(0);

        (await ProcessAsync("stat", "-c", "%u:%g", _file)).ShouldBe("12345:23456\n");
        Directory.GetFiles(_folder).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_file_that_nothing_can_be_renamed_over_as_a_bind_mount_is_written_in_place()
    {
        File.WriteAllText(_file, "longer than the new one");

        AtomicFile.Replace(_file, [1, 2], (_, _) => throw new IOException("Device or resource busy"));

        File.ReadAllBytes(_file).ShouldBe([1, 2]);
        Directory.GetFiles(_folder).ShouldHaveSingleItem();
    }

    [Fact]
    public void A_relative_link_in_the_working_directory_leads_to_the_file_beside_it()
    {
        var (link, target) = ($"link-{Guid.NewGuid():N}.json", $"target-{Guid.NewGuid():N}.json");
        try
        {
            File.WriteAllText(target, "old");
            File.CreateSymbolicLink(link, target);

            AtomicFile.Replace(link, [1]);

            File.ReadAllBytes(target).ShouldBe([1]);
            new FileInfo(link).LinkTarget.ShouldBe(target);
        }
        finally
        {
            File.Delete(link);
            File.Delete(target);
        }
    }

    [Fact]
    public async Task Permissions_and_links_stay()
    {
        var target = Path.Combine(_folder, "target.json");
        await File.WriteAllTextAsync(target, """{ "tenants": { "demo": {} } }""", TestContext.Current.CancellationToken);
        SetMode(target, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
        File.CreateSymbolicLink(_file, "target.json");

        var run = await Cli.RunWithAsync("secret", null, "passwd", "--password-stdin", "--file", _file, "--tenant", "demo", "ann");

        run.ExitCode.ShouldBe(0);
        new FileInfo(_file).LinkTarget.ShouldBe("target.json");
        ModeOf(target).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
        Read().ShouldHaveSingleItem().Name.ShouldBe("ann");
        Directory.GetFiles(_folder).Length.ShouldBe(2);
    }

    [Theory]
    [InlineData("""{ "tenants": { "other": {} } }""", "has no tenant 'demo'")]
    [InlineData("""{ "tenants": { "demo": { "users": 7 } } }""", ":1:35: tenants.demo.users: expected an object")]
    [InlineData("{", "left as it is: ")]
    public async Task A_file_that_can_not_be_edited_is_left_as_it_is(string before, string says)
    {
        await File.WriteAllTextAsync(_file, before, TestContext.Current.CancellationToken);

        var run = await Cli.RunWithAsync("secret", null, "passwd", "--password-stdin", "--file", _file, "--tenant", "demo", "ann");

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain(says);
        (await File.ReadAllTextAsync(_file, TestContext.Current.CancellationToken)).ShouldBe(before);
    }

    [Fact]
    public async Task A_file_without_a_tenant_is_a_wrong_command_line() =>
        (await Cli.RunWithAsync("secret", null, "passwd", "--password-stdin", "--file", _file, "ann")).ExitCode.ShouldBe(2);

    [Fact]
    public async Task Check_says_what_is_in_a_good_file()
    {
        await File.WriteAllTextAsync(_file, """{ "tenants": { "demo": { "anonymous": {}, "serverNames": ["x.io"] } } }""", TestContext.Current.CancellationToken);

        (await Cli.RunAsync("tenant", "check", _file))
            .ShouldBe(new Cli(0, $"{_file}: fine, 1 tenant\n  demo: 0 users, anonymous clients allowed, server names x.io\n", ""));
    }

    [Fact]
    public async Task Check_prints_every_mistake_of_a_bad_file()
    {
        await File.WriteAllTextAsync(_file, "{ \"tenants\": {\n \"A\": {},\n \"b\": { \"limits\": { \"packetSize\": -1 } } } }", TestContext.Current.CancellationToken);

        var run = await Cli.RunAsync("tenant", "check", _file);

        run.ExitCode.ShouldBe(1);
        run.Error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Select(line => line[..(_file.Length + 6)])
            .ShouldBe([$"{_file}:2:2: ", $"{_file}:3:35:"]);
    }

    [Fact]
    public async Task Check_of_a_file_that_is_not_there_is_one_line()
    {
        var run = await Cli.RunAsync("tenant", "check", _file);

        run.ExitCode.ShouldBe(1);
        run.Error.Count(c => c == '\n').ShouldBe(1);
    }

    private static async Task<string> ProcessAsync(string program, params string[] args)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program, args) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        process.ExitCode.ShouldBe(0);
        return output;
    }

    private static bool Verify(string hash, string password) =>
        new PasswordHasher<string>().VerifyHashedPassword("", hash, password) == PasswordVerificationResult.Success;

    private static void SetMode(string file, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, mode);
    }

    private static UnixFileMode ModeOf(string file) => OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(file);

    private async Task<string> EditAsync(string before, string user)
    {
        await File.WriteAllTextAsync(_file, before, TestContext.Current.CancellationToken);
        var run = await Cli.RunWithAsync("secret", null, "passwd", "--password-stdin", "--file", _file, "--tenant", "demo", user);
        run.ExitCode.ShouldBe(0, run.Error);
        return await File.ReadAllTextAsync(_file, TestContext.Current.CancellationToken);
    }

    private Broker.Collections.ValueList<Broker.Tenants.UserOptions> Read() => TenantsFileReader.Load(_file).Single().Users;
}
