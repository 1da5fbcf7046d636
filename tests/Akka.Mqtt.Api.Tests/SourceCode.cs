using System.Text.RegularExpressions;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Akka.Mqtt.Api.Tests;

/// <summary>
/// The types of one project under <c>src</c>: where each is declared, and which types it uses. Uses are read from the compiled assembly, which
/// knows them all except constants; uses of constants are found in the text of the files.
/// </summary>
internal sealed partial class SourceCode
{
    private readonly Dictionary<string, List<string>> _files = []; // by name of the type, generic arity included
    private readonly ModuleDefinition _module;

    private SourceCode(string project)
    {
        Project = project;
        foreach (var file in Repository.Files($"src/{project}", "*.cs"))
        {
            foreach (Match match in Declaration().Matches(Repository.Read(file)))
                AddDeclaration(match, file);
        }

        var assembly = project == "Akka.Mqtt.Cli" ? "akka-mqtt" : project;
        _module = ModuleDefinition.ReadModule(Path.Combine(AppContext.BaseDirectory, $"{assembly}.dll"), new ReaderParameters { InMemory = true });
        Types = [.. _module.Types.Where(type => FilesOf(type) is not null)];
    }

    /// <summary>All projects under <c>src</c>, the command line included.</summary>
    public static IReadOnlyList<string> Projects { get; } =
        [.. Repository.Files("src", "*.csproj").Select(file => Path.GetFileNameWithoutExtension(file)!)];

    public string Project { get; }

    /// <summary>The types that people wrote and that are not nested in another one.</summary>
    public IReadOnlyList<TypeDefinition> Types { get; }

    public ModuleDefinition Module => _module;

    public static SourceCode Read(string project) => new(project);

    /// <summary>The files that declare a type, or null if nobody wrote it.</summary>
    public IReadOnlyList<string>? FilesOf(TypeDefinition type) => _files.TryGetValue($"{type.Namespace}.{type.Name}", out var files) ? files : null;

    /// <summary>The folder that declares a type, below that of the project; empty for the project's own folder.</summary>
    /// <param name="type">The type.</param>
    /// <param name="withSubfolders">Whether a subfolder counts by itself, not as part of the folder that it is in.</param>
    public string FolderOf(TypeDefinition type, bool withSubfolders = false) => Folder(FilesOf(Outermost(type))![0], withSubfolders);

    private static string Folder(string file, bool withSubfolders)
    {
        var parts = Repository.Name(file).Split('/'); // src, the project, folders, the file
        return parts.Length <= 3 ? "" : withSubfolders ? string.Join('/', parts[2..^1]) : parts[2];
    }

    /// <summary>
    /// All pairs of folders of which the first uses the second, with the types by which it does. Public types in the project's own folder are
    /// left out: they are its entrance, and their commands and events are for everybody.
    /// </summary>
    /// <param name="withSubfolders">Whether a subfolder counts by itself.</param>
    public Dictionary<(string From, string To), SortedSet<string>> Arrows(bool withSubfolders = false)
    {
        var arrows = new Dictionary<(string From, string To), SortedSet<string>>();
        foreach (var type in Types)
        {
            foreach (var used in Used(type).Select(Outermost).Distinct().Where(used => FilesOf(used) is not null))
                Add(FolderOf(type, withSubfolders), used, $"{Plain(type)} uses {Plain(used)}");
        }

        foreach (var (user, used) in UsedConstants())
            Add(Folder(user, withSubfolders), used, $"{Path.GetFileName(user)} uses a constant of {Plain(used)}");
        return arrows;

        void Add(string from, TypeDefinition used, string use)
        {
            var to = FolderOf(used, withSubfolders);
            if (from == to || (to.Length == 0 && used.IsPublic))
                return;
            if (!arrows.TryGetValue((from, to), out var uses))
                arrows[(from, to)] = uses = new SortedSet<string>(StringComparer.Ordinal);
            uses.Add(use);
        }
    }

    /// <summary>All types that a type and what is nested in it refer to, in signatures, bodies and attributes.</summary>
    public static IEnumerable<TypeReference> References(TypeDefinition type)
    {
        foreach (var reference in All(type).SelectMany(ReferencesOfOne))
        {
            foreach (var part in Parts(reference))
                yield return part;
        }
    }

    public static TypeDefinition Outermost(TypeDefinition type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    public static string Plain(TypeReference type) => type.Name.Split('`')[0];

    /// <summary>A type and all that are nested in it, those of the compiler included.</summary>
    public static IEnumerable<TypeDefinition> All(TypeDefinition type) => type.NestedTypes.SelectMany(All).Prepend(type);

    private IEnumerable<TypeDefinition> Used(TypeDefinition type) =>
        References(type).Select(reference => reference.Scope == _module ? reference.Resolve() : null).OfType<TypeDefinition>();

    private IEnumerable<(string User, TypeDefinition Used)> UsedConstants()
    {
        var constants = Types.SelectMany(type => All(type).Where(inner => inner.Fields.Any(field => field.HasConstant)).Select(inner => (type, inner))).ToList();
        foreach (var file in Repository.Files($"src/{Project}", "*.cs"))
        {
            var words = Qualified().Matches(Comment().Replace(Repository.Read(file), "")).Select(match => (match.Groups[1].Value, match.Groups[2].Value)).ToHashSet();
            foreach (var (outer, type) in constants)
            {
                if (type.Fields.Any(field => field.HasConstant && words.Contains((Plain(type), field.Name))))
                    yield return (file, outer);
            }
        }
    }

    private static IEnumerable<TypeReference?> ReferencesOfOne(TypeDefinition type)
    {
        yield return type.BaseType;
        foreach (var one in type.Interfaces)
            yield return one.InterfaceType;
        foreach (var attribute in type.CustomAttributes)
            yield return attribute.AttributeType;
        foreach (var field in type.Fields)
            yield return field.FieldType;
        foreach (var constraint in type.GenericParameters.SelectMany(parameter => parameter.Constraints))
            yield return constraint.ConstraintType;
        foreach (var reference in type.Methods.SelectMany(ReferencesOfMethod))
            yield return reference;
    }

    private static IEnumerable<TypeReference?> ReferencesOfMethod(MethodDefinition method)
    {
        yield return method.ReturnType;
        foreach (var parameter in method.Parameters)
            yield return parameter.ParameterType;
        foreach (var constraint in method.GenericParameters.SelectMany(parameter => parameter.Constraints))
            yield return constraint.ConstraintType;
        if (!method.HasBody)
            yield break;
        foreach (var local in method.Body.Variables)
            yield return local.VariableType;
        foreach (var handler in method.Body.ExceptionHandlers)
            yield return handler.CatchType;
        foreach (var instruction in method.Body.Instructions)
        {
            foreach (var reference in ReferencesOfOperand(instruction))
                yield return reference;
        }
    }

    private static IEnumerable<TypeReference?> ReferencesOfOperand(Instruction instruction)
    {
        switch (instruction.Operand)
        {
            case TypeReference type:
                yield return type;
                break;
            case FieldReference field:
                yield return field.DeclaringType;
                yield return field.FieldType;
                break;
            case MethodReference method:
                yield return method.DeclaringType;
                yield return method.ReturnType;
                foreach (var parameter in method.Parameters)
                    yield return parameter.ParameterType;
                if (method is GenericInstanceMethod generic)
                {
                    foreach (var argument in generic.GenericArguments)
                        yield return argument;
                }

                break;
        }
    }

    /// <summary>The types that a reference is made of: of <c>List&lt;Publish[]&gt;</c> the list and the packet.</summary>
    private static IEnumerable<TypeReference> Parts(TypeReference? reference)
    {
        switch (reference)
        {
            case null or GenericParameter:
                yield break;
            case GenericInstanceType generic:
                foreach (var part in generic.GenericArguments.Prepend(generic.ElementType).SelectMany(Parts))
                    yield return part;
                break;
            case IModifierType modified:
                foreach (var part in Parts(modified.ElementType))
                    yield return part;
                break;
            case TypeSpecification specification:
                foreach (var part in Parts(specification.ElementType))
                    yield return part;
                break;
            default:
                yield return reference;
                break;
        }
    }

    private void AddDeclaration(Match match, string file)
    {
        var parameters = match.Groups["parameters"].Value;
        var arity = parameters.Length == 0 ? "" : $"`{parameters.Count(letter => letter == ',') + 1}";
        var space = Namespace().Match(Repository.Read(file)).Groups[1].Value;
        var name = $"{space}.{match.Groups["name"].Value}{arity}";
        if (!_files.TryGetValue(name, out var files))
            _files[name] = files = [];
        files.Add(file);
    }

    // Namespaces are file-scoped, so that a type that is not nested begins its line.
    [GeneratedRegex(@"^(?:(?:public|internal|file|static|sealed|abstract|partial|readonly|ref|unsafe) )*(?:class|struct|interface|enum|record struct|record class|record|delegate [\w<>?\[\]]+) (?<name>\w+)(?:<(?<parameters>[^>]+)>)?", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"\b(\w+)\.(\w+)\b")]
    private static partial Regex Qualified();

    [GeneratedRegex(@"//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();
}
