using Microsoft.CodeAnalysis;
using Starling.Architecture.Tests.Assemblies;
using Starling.Architecture.Tests.Sources;

namespace Starling.Architecture.Tests.Planted;

/// <summary>Each rule fails on code that breaks it, and not on code that does not.</summary>
public class PlantedTests
{
    /// <summary>Ways in which class <c>A</c> of one namespace can use class <c>B</c> of another one.</summary>
    public static TheoryData<string, string> Uses => new()
    {
        { "a base class", "public class A : Y.B { }" },
        { "an interface", "public class A : Y.I { }" },
        { "a field", "public class A { private Y.B? field; }" },
        { "a property", "public class A { public Y.B? Property { get; set; } }" },
        { "an event", "public class A { public event System.Action<Y.B>? Event; }" },
        { "a parameter", "public class A { public void M(Y.B b) { } }" },
        { "a returned array", "public class A { public Y.B[]? M() => null; }" },
        { "a generic argument", "public class A : System.Collections.Generic.List<Y.B> { }" },
        { "a constraint", "public class A { public void M<T>() where T : Y.B { } }" },
        { "an attribute", "[Y.Mark] public class A { }" },
        { "a type that an attribute names", "[System.Diagnostics.DebuggerTypeProxy(typeof(Y.B))] public class A { }" },
        { "a type that an array in an attribute names", "[Kinds(typeof(Y.B))] public class A { } public sealed class Kinds(params System.Type[] kinds) : System.Attribute { }" },
        { "an attribute of a parameter", "public class A { public void M([Y.Mark] int i) { } }" },
        { "a local variable", "public class A { public object? M(object o) { Y.B? local = o as Y.B; return M(local!) ?? local; } }" },
        { "a static call", "public class A { public int M() => Y.B.Number(); }" },
        { "a static field", "public class A { public int M() => Y.B.Value; }" },
        { "an object that is made", "public class A { public object M() => new Y.B(); }" },
        { "a generic method's argument", "public class A { public object M() => System.Array.Empty<Y.B>(); }" },
        { "a type test", "public class A { public bool M(object o) => o is Y.B; }" },
        { "a caught exception", "public class A { public void M() { try { M(); } catch (Y.Failure) { } } }" },
        { "a closure", "public class A { public System.Func<int> M(int i) => () => i + Y.B.Number(); }" },
        { "an asynchronous method", "public class A { public async System.Threading.Tasks.Task M() { await System.Threading.Tasks.Task.Yield(); Y.B.Number(); } }" },
        { "an iterator", "public class A { public System.Collections.Generic.IEnumerable<int> M() { yield return Y.B.Number(); } }" },
        { "a nested type", "public class A { private sealed class Nested { public Y.B? B; } }" },
        { "a switch before it", "public class A { public int M(int i) { switch (i) { case 0: return 4; case 1: return 9; case 2: return 7; case 3: return 1; } return Y.B.Number(); } }" },
    };

    [Theory]
    [MemberData(nameof(Uses))]
    public void Circle_between_namespaces_is_found_by(string way, string source)
    {
        way.ShouldNotBeEmpty();
        using var circle = PlantedAssembly.Compile(TwoNamespaces(source, usedBack: "private X.A? _back;"));
        NamespaceCircles.In(circle.TypeReferences(), "Planted").ShouldHaveSingleItem().ShouldContain("Circle: Planted.X, Planted.Y");
        using var oneWay = PlantedAssembly.Compile(TwoNamespaces(source, usedBack: ""));
        oneWay.TypeReferences().ShouldContain(reference => reference.From.Namespace == "Planted.X" && reference.To.Namespace == "Planted.Y");
        NamespaceCircles.In(oneWay.TypeReferences(), "Planted").ShouldBeEmpty();
    }

    [Fact]
    public void Namespace_and_one_below_it_are_a_circle()
    {
        using var assembly = PlantedAssembly.Compile(
            "namespace Planted { public class Parent { public Below.Child? Child; } } namespace Planted.Below { public class Child { public Parent? Parent; } }");
        NamespaceCircles.In(assembly.TypeReferences(), "Planted").ShouldHaveSingleItem().ShouldContain("Parent uses Child");
    }

    [Fact]
    public void Circle_over_three_namespaces_is_found_once()
    {
        using var assembly = PlantedAssembly.Compile(
            """
            namespace Planted.X { public class A { public Y.B? B; } }
            namespace Planted.Y { public class B { public Z.C? C; } }
            namespace Planted.Z { public class C { public X.A? A; public Apart.D? D; } }
            namespace Planted.Apart { public class D { } }
            """);
        NamespaceCircles.In(assembly.TypeReferences(), "Planted").ShouldHaveSingleItem().ShouldStartWith("Circle: Planted.X, Planted.Y, Planted.Z");
    }

    [Fact]
    public void Generated_namespaces_do_not_count()
    {
        using var assembly = PlantedAssembly.Compile(
            "namespace Planted { public class A { public Generated.B? B; } } namespace Generated { public class B { public Planted.A? A; } }");
        NamespaceCircles.In(assembly.TypeReferences(), "Planted").ShouldBeEmpty();
    }

    [Fact]
    public void Arrow_against_the_order_of_projects_is_found()
    {
        var cluster = MetadataReference.CreateFromImage(PlantedAssembly.Emit("Starling.Cluster", "namespace C { public class Link { } }"));
        using var broker = PlantedAssembly.Compile("Starling.Broker", "public class Session { public C.Link? Link; }", cluster);
        ProjectArrows.Forbidden("Broker", broker.AssemblyReferences()).ShouldBe(["Broker must not use Cluster"]);
        ProjectArrows.Forbidden("Silo", broker.AssemblyReferences()).ShouldBeEmpty();
    }

    [Fact]
    public void Arrows_that_are_allowed_have_no_circle()
    {
        foreach (var project in Repository.Projects)
        {
            foreach (var used in ProjectArrows.Allowed[project])
            {
                used.ShouldNotBe(project);
                ProjectArrows.Allowed[used].ShouldBeSubsetOf(ProjectArrows.Allowed[project]);
            }
        }
    }

    [Fact]
    public void Type_is_measured_over_all_its_parts_with_its_nested_types()
    {
        SourceFile Part(string path, int lines, string outside = "") => new(
            path, $"namespace P;\n\n/// <summary>One.</summary>\npublic partial class Large\n{{\n    private sealed class Nested\n    {{\n{new string('\n', lines - 7)}    }}\n}}\n{outside}");

        TypeSizes.TooLarge([Part("a.cs", 200), Part("b.cs", 200)]).ShouldBeEmpty();
        TypeSizes.TooLarge([Part("a.cs", 200), Part("b.cs", 201)]).ShouldBe(["P.Large has 401 lines in a.cs, b.cs"]);
        TypeSizes.TooLarge([Part("a.cs", 390, "internal enum Other\n{\n" + new string('\n', 100) + "}\n")]).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("// TODO: the rest")]
    [InlineData("/* FIXME */")]
    [InlineData("// HACK, see above")]
    [InlineData("// XXX")]
    [InlineData("throw new NotImplementedException();")]
    public void Unfinished_place_is_found(string line) =>
        UnfinishedPlaces.In([new SourceFile("a.cs", $"class A\n{{\n    {line}\n}}")]).ShouldBe([$"a.cs:3: {line}"]);

    [Theory]
    [InlineData("_timer = time.CreateTimer(_ => Look(), null, due, period);")]
    [InlineData("_timer = new Timer(_ => Look(), null, 0, 1000);")]
    [InlineData("_timer = new System.Threading.Timer(Look);")]
    [InlineData("TimerCallback callback = Look;")]
    [InlineData("new Thread(Look).Start();")]
    [InlineData("private async void Look()")]
    public void Timer_or_thread_without_a_net_is_found(string line) =>
        BareTimers.In([new SourceFile("a.cs", $"class A\n{{\n    {line}\n}}")]).ShouldBe([$"a.cs:3: {line}"]);

    [Fact]
    public void Guarded_timer_is_not_taken_for_a_bare_one() =>
        BareTimers.In([new SourceFile("a.cs", "_timer = time.CreateGuardedTimer(Look, logger, \"Look\", due, period); using var t = new PeriodicTimer(due);")])
            .ShouldBeEmpty();

    [Theory]
    [InlineData("private partial void LogRefused(string tenant, string? user);", "string? user")]
    [InlineData("private static partial void LogClosed(\n        ILogger logger, string clientId, long count);", "string clientId")]
    public void Text_of_a_client_that_is_logged_in_full_length_is_found(string method, string parameter) =>
        LoggedTexts.InFullLength([new SourceFile("a.cs", method)]).ShouldBe([$"a.cs: {parameter}"]);

    [Fact]
    public void Text_of_a_client_that_is_shortened_is_not_found() =>
        LoggedTexts.InFullLength([new SourceFile("a.cs", "partial void LogRefused(string tenant, ForeignText user); void Find(string topic) { }")])
            .ShouldBeEmpty();

    [Fact]
    public void Finished_source_is_not_taken_for_unfinished() =>
        UnfinishedPlaces.In([new SourceFile("a.cs", "throw new NotSupportedException(\"XXXL\"); // a todo list is data here")]).ShouldBeEmpty();

    private static string TwoNamespaces(string user, string usedBack) =>
        $$"""
        #nullable enable
        namespace Planted.X { {{user}} }
        namespace Planted.Y
        {
            public interface I { }
            public class B { {{usedBack}} public static int Value = 3; public static int Number() => Value; }
            public sealed class Mark : System.Attribute { {{usedBack}} }
            public sealed class Failure : System.Exception { {{usedBack}} }
        }
        """;
}
