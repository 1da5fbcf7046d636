using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Akka.Mqtt.Conformance;

/// <summary>
/// Every statement of the standards has a verdict, which follows from the tests that name it: nobody writes "proven" by hand. Without a test it
/// has a reason. <c>docs/conformance.md</c> shows both. With the environment variable <c>AKKA_MQTT_UPDATE_CONFORMANCE=1</c> the document is
/// rewritten instead.
/// </summary>
public sealed partial class ConformanceMapSpec
{
    private static readonly string Root = FindRoot();

    /// <summary>What a test shows of a statement.</summary>
    private enum Kind
    {
        /// <summary>How the server behaves, as it is seen over a connection.</summary>
        Behaviour,

        /// <summary>That the server refuses a packet that breaks it.</summary>
        Refusal,

        /// <summary>What the library sends or does not send as a client.</summary>
        Sending,
    }

    private static readonly (string Version, string Table, string Title)[] Tables =
    [
        ("3.1.1", "mqtt311-normative.tsv", "MQTT 3.1.1"),
        ("5.0", "mqtt5-normative.tsv", "MQTT 5.0"),
        ("5.0", "mqtt5-unnumbered.tsv", "MQTT 5.0, rules without a number"),
    ];

    /// <summary>Verdicts that a row of <c>reasons.tsv</c> may give; all others follow from tests.</summary>
    private static readonly string[] WithoutTest = ["left to the application", "never sent", "not offered", "no duty", "not kept"];

    [Fact]
    public void A_reason_gives_one_of_the_verdicts_without_a_test() =>
        Assert.All(Reasons().Values, reason => Assert.Contains(reason.Verdict, WithoutTest));

    [Fact]
    public void What_binds_a_client_is_proven_only_by_what_a_client_sends()
    {
        Assert.Equal("proven", Verdict("client", [Kind.Sending]));
        Assert.Equal("proven", Verdict("client", [Kind.Sending, Kind.Refusal]));
        Assert.Equal("server's part only", Verdict("client", [Kind.Refusal]));
        Assert.Equal("server's part only", Verdict("client", [Kind.Behaviour]));
        Assert.Equal("receiving only", Verdict("both", [Kind.Refusal]));
        Assert.Equal("proven", Verdict("both", [Kind.Behaviour]));
        Assert.Equal("proven", Verdict("server", [Kind.Refusal]));
        Assert.Equal("sending only", Verdict("server", [Kind.Sending]));
    }

    [Fact]
    public void Every_statement_has_a_test_or_a_reason()
    {
        var proofs = Proofs();
        var reasons = Reasons();
        Assert.DoesNotContain(Statements(), key => !proofs.ContainsKey(key) && !reasons.ContainsKey(key));
    }

    [Fact]
    public void No_statement_has_both_and_none_is_named_that_does_not_exist()
    {
        var known = Statements().Select(each => (each.Version, each.Id)).ToHashSet();
        var proofs = Proofs();
        Assert.DoesNotContain(Reasons().Keys, key => !known.Contains(key) || proofs.ContainsKey(key));
        Assert.DoesNotContain(proofs.Keys, key => key.Version != "3.1" && !known.Contains(key));
    }

    [Fact]
    public void Every_test_that_is_named_is_a_test()
    {
        foreach (var (path, text) in Sources())
        {
            var tagged = Attribute().Count(text);
            var read = Tagged().Matches(text).Sum(match => Attribute().Count(match.Value));
            Assert.True(tagged == read, $"{Path.GetRelativePath(Root, path)}: {tagged - read} [Proves] not on a [Fact] or [Theory].");
        }
    }

    [Fact]
    public void The_document_is_up_to_date()
    {
        var path = Path.Combine(Root, "docs", "conformance.md");
        var text = Document();
        if (Environment.GetEnvironmentVariable("AKKA_MQTT_UPDATE_CONFORMANCE") == "1")
            File.WriteAllText(path, text);
        Assert.True(File.Exists(path) && File.ReadAllText(path).ReplaceLineEndings("\n") == text, "AKKA_MQTT_UPDATE_CONFORMANCE=1 rewrites docs/conformance.md.");
    }

    private static string Document()
    {
        var proofs = Proofs();
        var reasons = Reasons();
        var text = new StringBuilder("""
            # Conformance

            This page lists every numbered statement of MQTT 3.1.1 and 5.0, and the rules of 5.0 that have no number (their `U-` identifiers are
            ours). Each has a verdict, and the tests that the verdict follows from:

            * **proven**: the tests show that our side does what the statement asks of it. For a statement that binds a client, this means what
              the library sends as a client: a packet that breaks the statement is refused before a byte of it is written, or the test compares
              the bytes that are written (`SendingSpec`).
            * **server's part only**: the statement binds a client, and the tests show only what the server does with a client that breaks it.
              Whether a client keeps it is up to the application that uses the connection.
            * **receiving only**: the statement binds both sides, and the tests show only that the server refuses a packet that breaks it.
            * **sending only**: the statement binds a server, and the tests show only what the encoder does.
            * **left to the application**, **never sent**, **not offered**, **no duty**, **not kept**: no test shows it; the last column
              gives the reason.

            `ConformanceMapSpec` generates this page from the `[Proves]` attributes of the tests, from `SendingSpec`, `wire-cases.tsv` and
            `reasons.tsv`. It fails when a statement has neither test nor reason, when it has both, or when this page is not up to date
            (`AKKA_MQTT_UPDATE_CONFORMANCE=1 dotnet test tests/Akka.Mqtt.Conformance.Tests` rewrites it). The same identifier means different
            things in 3.1.1 and 5.0. Texts are paraphrases. A test that is named here runs with every build.


            """.ReplaceLineEndings("\n"));
        text.Append("| standard | statements | proven | server's part, receiving or sending only | no test |\n| --- | ---: | ---: | ---: | ---: |\n");
        foreach (var (version, table, title) in Tables)
        {
            var verdicts = Vectors.Rows(table).Select(row => VerdictOf(version, row)).ToList();
            var proven = verdicts.Count(verdict => verdict == "proven");
            var without = verdicts.Count(verdict => WithoutTest.Contains(verdict));
            text.Append(CultureInfo.InvariantCulture, $"| {title} | {verdicts.Count} | {proven} | {verdicts.Count - proven - without} | {without} |\n");
        }
        foreach (var (version, table, title) in Tables)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n| statement | side | text | verdict | tests or reason |\n| --- | --- | --- | --- | --- |\n");
            foreach (var row in Vectors.Rows(table))
            {
                var by = proofs.TryGetValue((version, row[0]), out var tests)
                    ? Named(tests)
                    : reasons.GetValueOrDefault((version, row[0])).Reason ?? "";
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"| {row[0]} | {row[2]} | {row[4].Replace("|", "\\|", StringComparison.Ordinal)} | {VerdictOf(version, row)} | {by} |\n");
            }
        }
        text.Append("\n## MQTT 3.1\n\n3.1 has no numbered statements. What of it is tested over a connection:\n\n| what | tests |\n| --- | --- |\n");
        foreach (var (key, tests) in proofs.Where(each => each.Key.Version == "3.1").OrderBy(each => each.Key.Id, StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"| {key.Id} | {Named(tests)} |\n");
        return text.ToString();

        string VerdictOf(string version, IReadOnlyList<string> row) => proofs.TryGetValue((version, row[0]), out var tests)
            ? Verdict(row[2], [.. tests.Select(test => test.Kind)])
            : reasons.GetValueOrDefault((version, row[0])).Verdict ?? "";
    }

    private static string Named(IEnumerable<(string Test, Kind Kind)> tests) =>
        string.Join("<br>", tests.Select(test => test.Test).Distinct().Order(StringComparer.Ordinal).Select(test => $"`{test}`"));

    private static string Verdict(string side, IReadOnlyCollection<Kind> kinds) => side switch
    {
        "client" => kinds.Contains(Kind.Sending) ? "proven" : "server's part only",
        "both" => kinds.Any(kind => kind != Kind.Refusal) ? "proven" : "receiving only",
        _ => kinds.Any(kind => kind != Kind.Sending) ? "proven" : "sending only",
    };

    private static IEnumerable<(string Version, string Id)> Statements() =>
        Tables.SelectMany(table => Vectors.Rows(table.Table).Select(row => (table.Version, row[0])));

    private static Dictionary<(string Version, string Id), (string Verdict, string Reason)> Reasons() =>
        Vectors.Rows("reasons.tsv").ToDictionary(row => (row[0], row[1]), row => (row[2], row[3]));

    /// <summary>Which tests prove what, by the attributes in the sources of all test projects and by the rows of wire cases.</summary>
    private static Dictionary<(string Version, string Id), HashSet<(string Test, Kind Kind)>> Proofs()
    {
        var proofs = new Dictionary<(string, string), HashSet<(string, Kind)>>();
        void Add(string version, string id, string test, Kind kind)
        {
            if (!proofs.TryGetValue((version, id), out var tests))
                proofs.Add((version, id), tests = []);
            tests.Add((test, kind));
        }
        foreach (var (path, text) in Sources())
        {
            foreach (Match match in Tagged().Matches(text))
            {
                foreach (Match attribute in Attribute().Matches(match.Value))
                {
                    foreach (Match id in Quoted().Matches(attribute.Groups["ids"].Value))
                        Add(attribute.Groups["version"].Value, id.Groups[1].Value, $"{Path.GetFileNameWithoutExtension(path)}.{match.Groups["name"].Value}", Kind.Behaviour);
                }
            }
        }
        foreach (var row in Vectors.Rows("wire-cases.tsv"))
        {
            foreach (var id in row[1].Split(' '))
                Add(row[0], id, $"WireCasesSpec.The_server_refuses: {row[5]}", Kind.Refusal);
        }
        foreach (var (version, id, test) in SendingSpec.Statements())
            Add(version, id, test, Kind.Sending);
        return proofs;
    }

    private static IEnumerable<(string Path, string Text)> Sources() =>
        Directory.EnumerateFiles(Path.Combine(Root, "tests"), "*Spec*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Replace('\\', '/').Contains("/obj/", StringComparison.Ordinal) && !file.EndsWith("ConformanceMapSpec.cs", StringComparison.Ordinal))
            .Select(file => (file, File.ReadAllText(file).ReplaceLineEndings("\n")));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Akka.Mqtt.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The repository was not found above the test.");
    }

    [GeneratedRegex(@"\[Proves\(""(?<version>[\d.]+)"", (?<ids>[^)]*)\)\]")]
    private static partial Regex Attribute();

    // The attributes of one method, with [Fact] or [Theory] and [Proves] among them, up to its name.
    [GeneratedRegex(@"^ *\[(?:Fact|Theory)[^\n]*\n(?:^ *\[[^\n]*\n)*?(?:^ *\[Proves\([^\n]*\)\]\n)+(?:^ *\[[^\n]*\n)*^ *public [^\n(]*? (?<name>\w+)\(", RegexOptions.Multiline)]
    private static partial Regex Tagged();

    [GeneratedRegex(@"""([^""]+)""")]
    private static partial Regex Quoted();
}
