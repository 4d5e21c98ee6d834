"""typings/ussl.pyi as data: constants, classes, and signatures."""
import ast
import os

from module import TESTS

TYPINGS = os.path.join(os.path.dirname(TESTS), "typings")
PUBLIC = {"_create_unverified_context"}  # by its use
ATTRIBUTES = {"_context"}  # the same


def is_public(name):
    return name[0] != "_" or name in PUBLIC | ATTRIBUTES


class Signature:
    """The parameters of one `def`, without self."""

    def __init__(self, node, method):
        a = node.args
        self.positional_only = [arg.arg for arg in a.posonlyargs]
        self.either = [arg.arg for arg in a.args]
        self.keyword_only = [arg.arg for arg in a.kwonlyargs]
        if method:
            (self.positional_only or self.either).pop(0)
        self.any_number = a.vararg is not None
        self.required = len(self.positional_only) + len(self.either) - len(a.defaults)
        defaults = a.defaults + [value for value in a.kw_defaults if value is not None]
        self.defaults = dict(zip((self.positional_only + self.either)[self.required:] + self.keyword_only,
                                 map(ast.unparse, defaults)))

    def names(self):
        return self.positional_only + self.either + self.keyword_only

    def __str__(self):
        """As the documentation writes it, without types and marks."""
        return "(%s)" % ", ".join(name + ("=" + self.defaults[name] if name in self.defaults else "")
                                  for name in self.names())


class Class:
    """A class: its bases, signatures and attributes, {name: whether it can be set}."""

    def __init__(self, node):
        self.bases = [ast.unparse(base) for base in node.bases]
        self.signatures, self.attributes = {}, {}
        for item in node.body:
            if isinstance(item, ast.AnnAssign):
                self.attributes[item.target.id] = True
            elif isinstance(item, ast.FunctionDef):
                self.add(item)

    def add(self, node):
        marks = [ast.unparse(mark) for mark in node.decorator_list]
        if "property" in marks or node.name + ".setter" in marks:
            self.attributes[node.name] = "property" not in marks
        else:
            self.signatures.setdefault(node.name, []).append(Signature(node, True))

    def inherit(self, base):
        self.signatures = {**base.signatures, **self.signatures}
        self.attributes = {**base.attributes, **self.attributes}
        self.bases = base.bases + self.bases

    def names(self):
        return {name for name in list(self.signatures) + list(self.attributes) if is_public(name)}


class Stubs:
    """The module's `constants` {name: type}, `functions` {name: signatures}, `classes` and `aliases` of these."""

    def __init__(self):
        self.constants, self.functions, self.classes, self.aliases = {}, {}, {}, {}
        with open(os.path.join(TYPINGS, "ussl.pyi"), encoding="utf-8") as file:
            for node in ast.parse(file.read()).body:
                self.add(node)
        shared = self.classes["_Connection"]
        for found in self.classes.values():
            if "_Connection" in found.bases:
                found.bases.remove("_Connection")
                found.inherit(shared)
        self.classes = {name: found for name, found in self.classes.items() if is_public(name)}

    def add(self, node):
        if isinstance(node, ast.FunctionDef):
            self.functions.setdefault(node.name, []).append(Signature(node, False))
        elif isinstance(node, ast.ClassDef):
            self.classes[node.name] = Class(node)
        elif isinstance(node, ast.AnnAssign) and is_public(node.target.id):
            self.constants[node.target.id] = ast.unparse(node.annotation).split("[")[0]
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
            self.aliases[node.targets[0].id] = node.value.id

    def names(self):
        return set(self.constants) | set(self.functions) | set(self.classes) | set(self.aliases)

    def callables(self):
        """(type or None, name, signatures) of all that can be called; a type's __init__ is its call."""
        for name, signatures in self.functions.items():
            yield None, name, signatures
        for kind, found in self.classes.items():
            for name, signatures in found.signatures.items():
                if name == "__init__":
                    yield None, kind, signatures
                elif name[:2] != "__":
                    yield kind, name, signatures
