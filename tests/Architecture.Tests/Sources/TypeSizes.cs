using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Starling.Architecture.Tests.Sources;

/// <summary>Counts the lines of types, documentation included. Parts of a partial type are added up, nested types count to the outer one.</summary>
internal static class TypeSizes
{
    public const int MaxLines = 400;

    /// <summary>One text per type that is larger than <see cref="MaxLines"/>.</summary>
    public static IReadOnlyList<string> TooLarge(IEnumerable<SourceFile> sources) =>
    [
        .. from source in sources
           from part in OutermostTypes(source)
           group (source.Path, part.Lines) by part.Name into type
           let lines = type.Sum(part => part.Lines)
           where lines > MaxLines
           select $"{type.Key} has {lines} lines in {string.Join(", ", type.Select(part => part.Path).Distinct())}",
    ];

    private static IEnumerable<(string Name, int Lines)> OutermostTypes(SourceFile source)
    {
        var tree = CSharpSyntaxTree.ParseText(source.Text);
        foreach (var type in tree.GetRoot().DescendantNodes(node => node is not BaseTypeDeclarationSyntax).OfType<BaseTypeDeclarationSyntax>())
        {
            var @namespace = string.Join('.', type.Ancestors().OfType<BaseNamespaceDeclarationSyntax>().Reverse().Select(outer => outer.Name.ToString()));
            var arity = type is TypeDeclarationSyntax { TypeParameterList.Parameters.Count: var count } ? $"`{count}" : "";
            yield return ($"{@namespace}.{type.Identifier.Text}{arity}", LinesOf(tree, type));
        }
    }

    private static int LinesOf(SyntaxTree tree, BaseTypeDeclarationSyntax type)
    {
        var begin = type.GetLeadingTrivia()
            .Where(trivia => trivia.HasStructure || trivia.IsKind(SyntaxKind.SingleLineCommentTrivia))
            .Select(trivia => trivia.SpanStart)
            .DefaultIfEmpty(type.SpanStart)
            .Min();
        var lines = tree.GetText().Lines;
        return lines.GetLineFromPosition(type.Span.End).LineNumber - lines.GetLineFromPosition(begin).LineNumber + 1;
    }
}
