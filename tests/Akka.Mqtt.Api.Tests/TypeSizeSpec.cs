using Mono.Cecil;

namespace Akka.Mqtt.Api.Tests;

/// <summary>No type has more than 500 lines and 20 fields over all its files: what is larger becomes several types.</summary>
public sealed class TypeSizeSpec
{
    private const int MaxLines = 500;
    private const int MaxFields = 20;

    /// <summary>The types that are still larger. This list may only become shorter: an entry that is no longer needed fails the test.</summary>
    private static readonly Dictionary<string, string[]> Debt = [];

    public static TheoryData<string> Projects => new(SourceCode.Projects);

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_type_has_at_most_500_lines_and_20_fields_over_all_its_files(string project)
    {
        var code = SourceCode.Read(project);
        var large = code.Types.Select(type => (Name: SourceCode.Plain(type), Lines: Lines(code, type), Fields: SourceCode.All(type).Max(Fields)))
            .Where(type => type.Lines > MaxLines || type.Fields > MaxFields).ToList();
        var debt = Debt.GetValueOrDefault(project, []);

        var added = large.Where(type => !debt.Contains(type.Name)).Select(type => $"{type.Name}: {type.Lines} lines, {type.Fields} fields").ToList();
        Assert.True(added.Count == 0, $"Types of {project} are too large. Give a part a type of its own:\n{string.Join('\n', added)}");
        var paid = debt.Where(name => large.All(type => type.Name != name));
        Assert.True(!paid.Any(), $"Remove from the list of debt of {project}: {string.Join(", ", paid)}");
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void An_internal_type_is_in_one_file(string project)
    {
        var code = SourceCode.Read(project);
        var cut = code.Types.Where(type => !type.IsPublic && code.FilesOf(type)!.Distinct().Count() > 1).Select(SourceCode.Plain).Order(StringComparer.Ordinal);
        Assert.Empty(cut); // a type that is too large for one file becomes two types
    }

    /// <summary>The lines of the files that declare the type; a file with several types counts for each, so that nobody hides lines that way.</summary>
    private static int Lines(SourceCode code, TypeDefinition type) =>
        code.FilesOf(type)!.Distinct().Sum(file => File.ReadLines(file).Count());

    /// <summary>What an object holds: fields and properties with a field. Constants are not state, and what only carries data may carry much.</summary>
    private static int Fields(TypeDefinition type) =>
        type.IsEnum || type.Name.Contains('<', StringComparison.Ordinal) || IsData(type) ? 0 : type.Fields.Count(field => !field.HasConstant && !field.IsStatic);

    /// <summary>
    /// A record that carries data: one of the public API, such as settings, commands, events and packets; or one without a method of its own. A record with
    /// behaviour counts as a class.
    /// </summary>
    private static bool IsData(TypeDefinition type) =>
        type.Methods.Any(method => method.Name == "<Clone>$")
        && (IsPublic(type) || type.Methods.All(method => method.IsStatic || method.IsConstructor || method.IsGetter || method.IsSetter || IsOfCompiler(method)));

    private static bool IsPublic(TypeDefinition type) => type.IsPublic || (type.IsNestedPublic && IsPublic(type.DeclaringType));

    private static bool IsOfCompiler(MethodDefinition method) => method.CustomAttributes.Any(each => each.AttributeType.Name == "CompilerGeneratedAttribute");
}
